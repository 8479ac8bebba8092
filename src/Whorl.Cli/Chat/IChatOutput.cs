namespace Whorl.Cli.Chat;

/// <summary>Where a chat is shown.</summary>
internal interface IChatOutput
{
    /// <summary>A piece of an answer.</summary>
    void Answer(string piece);

    /// <summary>Ends an answer's last line, if something stands in it.</summary>
    void EndAnswer();

    /// <summary>Something about the chat that is not part of it, on a line of its own.</summary>
    void Note(string line);

    /// <summary>A note that only somebody who looks on wants: how fast it went.</summary>
    void Status(string line);

    /// <summary>What a command was asked to show.</summary>
    void Print(string text);
}
