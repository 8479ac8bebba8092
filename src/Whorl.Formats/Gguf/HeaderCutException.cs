namespace Whorl.Formats;

/// <summary>A header goes on behind the bytes that were fetched of its file: fetch more and read it again.</summary>
internal sealed class HeaderCutException() : Exception("the header goes on behind what was fetched of it");
