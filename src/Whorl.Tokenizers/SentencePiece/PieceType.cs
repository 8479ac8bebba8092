namespace Whorl.Tokenizers.SentencePiece;

/// <summary>What a piece is; the numbers of sentencepiece_model.proto, which GGUF's token types share.</summary>
internal enum PieceType
{
    Normal = 1,
    Unknown = 2,
    Control = 3,
    UserDefined = 4,
    Unused = 5,
    Byte = 6,
}
