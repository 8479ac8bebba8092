namespace Whorl.Cli;

/// <summary>What was asked for on the command line cannot be; the message says why and what to do.</summary>
internal sealed class CliException(string message) : WhorlException(message);
