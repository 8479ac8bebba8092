namespace Whorl.Cli.Output;

/// <summary>Who read standard output has gone, as <c>head</c> does once it has its lines.</summary>
internal sealed class BrokenOutputException() : IOException("nobody reads standard output any more");
