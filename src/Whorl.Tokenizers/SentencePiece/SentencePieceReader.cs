namespace Whorl.Tokenizers.SentencePiece;

internal static class SentencePieceReader
{
    public static TokenizerParts Read(ReadOnlyMemory<byte> model, string file) => throw new TokenizerFormatException($"{file}: not yet");
}
