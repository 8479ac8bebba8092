using Whorl.Models;

namespace Whorl.Client.Recovery;

/// <summary>A part of a session that was lost and is there again.</summary>
/// <param name="Server">Who had computed it.</param>
/// <param name="Range">Its blocks.</param>
/// <param name="Kind">By what.</param>
/// <param name="Pause">From the sending of the step that failed until the step could be sent again.</param>
/// <param name="Replay">The part of the pause in which tokens were computed again.</param>
/// <param name="ReplayedTokens">Tokens that were computed again, scratch tokens included.</param>
public sealed record SessionRecovery(string Server, BlockRange Range, RecoveryKind Kind, TimeSpan Pause, TimeSpan Replay, int ReplayedTokens);
