using Whorl.Client;
using Whorl.Formats;
using Whorl.Generation;
using Whorl.Models;
using Whorl.P2P;
using Whorl.Tokenizers;
using Whorl.Tokenizers.ChatTemplates;

namespace Whorl.Cli;

/// <summary>
/// Which exceptions are told in one line, as what was asked for cannot be; all others are faults of the program and show where.
/// </summary>
internal static class UserErrors
{
    private const int MaxChars = 1000;

    /// <summary>One line, or null for a fault of the program.</summary>
    public static string? Explain(Exception exception) => Words(exception) is { } words ? PeerText.Clean(words, MaxChars) : null;

    private static string? Words(Exception exception) => exception switch
    {
        FileNotFoundException { FileName: { Length: > 0 } name } => $"there is no file '{name}'",
        DirectoryNotFoundException when PathIn(exception) is { } path => $"there is no folder for '{path}'; make it first, or give another path",
        UnauthorizedAccessException when PathIn(exception) is { } path => $"'{path}' may not be read or written by who runs this; give another path",
        WhorlException or ModelFormatException or HubException or TokenizerFormatException or ChatTemplateException or MemoryBudgetException
            or ModelOutputException or NoRouteException or SpanRefusedException or PeerUnavailableException or ProtocolNotSupportedException
            or IOException or UnauthorizedAccessException => exception.Message,
        OutOfMemoryException => "there is not enough memory; give a smaller --context, or split the model over servers",
        ArgumentException => exception.Message.Split(" (Parameter '")[0],
        FormatException => exception.Message,
        _ => null,
    };

    /// <summary>The path that a message of .NET has between quotation marks.</summary>
    private static string? PathIn(Exception exception) => exception.Message.Split('\'') is [_, { Length: > 0 } path, ..] ? path : null;
}
