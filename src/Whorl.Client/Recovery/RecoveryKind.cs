namespace Whorl.Client.Recovery;

/// <summary>How a lost part of a session came back.</summary>
public enum RecoveryKind
{
    /// <summary>The server still had the session: another connection, nothing computed again.</summary>
    Attach,

    /// <summary>Other servers computed the part's tokens again.</summary>
    Replace,

    /// <summary>The same server, started again, did.</summary>
    Reopen,

    /// <summary>This process did.</summary>
    Local,

    /// <summary>Other servers did while the server was slow, and answered before it.</summary>
    Hedge,

    /// <summary>The server left and had handed the session to another one: nothing computed again.</summary>
    Moved,
}
