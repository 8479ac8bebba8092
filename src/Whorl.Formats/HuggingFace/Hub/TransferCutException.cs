namespace Whorl.Formats;

/// <summary>A body ended before its end, or its connection broke: what has arrived is good, the rest is to be asked for again.</summary>
internal sealed class TransferCutException(string message, Exception? inner = null) : IOException(message, inner);
