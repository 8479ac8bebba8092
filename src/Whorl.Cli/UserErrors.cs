using Whorl.Client;
using Whorl.Formats;
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
    /// <summary>One line, or null for a fault of the program.</summary>
    public static string? Explain(Exception exception) => exception switch
    {
        CliException or ModelFormatException or HubException or TokenizerFormatException or ChatTemplateException or MemoryBudgetException
            or NoRouteException or SpanRefusedException or PeerUnavailableException or ProtocolNotSupportedException
            or IOException or UnauthorizedAccessException => OneLine(exception.Message),
        OutOfMemoryException => "there is not enough memory; give a smaller --context, or split the model over servers",
        ArgumentException => OneLine(exception.Message.Split(" (Parameter '")[0]),
        FormatException => OneLine(exception.Message),
        _ => null,
    };

    private static string OneLine(string message) => message.ReplaceLineEndings(" ");
}
