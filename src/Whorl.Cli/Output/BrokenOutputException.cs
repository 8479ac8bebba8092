namespace Whorl.Cli.Output;

/// <summary>Who read standard output has gone, as <c>head</c> does once it has its lines. No failure of input or output: nobody is to try again.</summary>
internal sealed class BrokenOutputException() : Exception("nobody reads standard output any more");
