namespace Whorl.Tokenizers.SentencePiece;

/// <summary>What a tokenizer.model holds, with the defaults of sentencepiece_model.proto.</summary>
internal sealed class SentencePieceFile
{
    public const int Unigram = 1;
    public const int Bpe = 2;
    public const int Word = 3;
    public const int Char = 4;

    public List<string> Pieces { get; } = [];

    public List<float> Scores { get; } = [];

    public List<PieceType> Types { get; } = [];

    public int ModelType { get; private set; } = Unigram;

    public bool ByteFallback { get; private set; }

    public bool WhitespaceAsSuffix { get; private set; }

    public string UnknownSurface { get; private set; } = " \u2047 ";

    public string BeginPiece { get; private set; } = "<s>";

    public string EndPiece { get; private set; } = "</s>";

    public string PaddingPiece { get; private set; } = "<pad>";

    public byte[] CharacterMap { get; private set; } = [];

    public bool AddDummyPrefix { get; private set; } = true;

    public bool RemoveExtraWhitespaces { get; private set; } = true;

    public bool EscapeWhitespaces { get; private set; } = true;

    public byte[] Denormalizer { get; private set; } = [];

    /// <summary>Reads a ModelProto.</summary>
    /// <exception cref="FormatException">It is malformed.</exception>
    public static SentencePieceFile Parse(ReadOnlySpan<byte> data)
    {
        var file = new SentencePieceFile();
        var reader = new ProtobufReader(data);
        while (reader.TryNext())
        {
            switch (reader.Field)
            {
                case 1:
                    file.ReadPiece(reader.Content);
                    break;
                case 2:
                    file.ReadTrainer(reader.Content);
                    break;
                case 3:
                    file.ReadNormalizer(reader.Content);
                    break;
                case 5:
                    file.ReadDenormalizer(reader.Content);
                    break;
            }
        }

        return file.Pieces.Count > 0 ? file : throw new FormatException("there are no pieces; is this a SentencePiece model?");
    }

    private void ReadPiece(ReadOnlySpan<byte> data)
    {
        string piece = "";
        float score = 0;
        var type = PieceType.Normal;
        var reader = new ProtobufReader(data);
        while (reader.TryNext())
        {
            switch (reader.Field)
            {
                case 1:
                    piece = reader.Text;
                    break;
                case 2:
                    score = reader.Float;
                    break;
                case 3:
                    type = reader.Number is >= 1 and <= 6
                        ? (PieceType)reader.Number
                        : throw new FormatException($"piece {Pieces.Count} has the unknown type {reader.Number}");
                    break;
            }
        }

        if (Pieces.Count == Vocabulary.MaxTokens)
        {
            throw new FormatException($"there are more than {Vocabulary.MaxTokens} pieces");
        }

        Pieces.Add(piece);
        Scores.Add(score);
        Types.Add(type);
    }

    private void ReadTrainer(ReadOnlySpan<byte> data)
    {
        var reader = new ProtobufReader(data);
        while (reader.TryNext())
        {
            switch (reader.Field)
            {
                case 3:
                    ModelType = (int)Math.Min(reader.Number, int.MaxValue);
                    break;
                case 24:
                    WhitespaceAsSuffix = reader.Number != 0;
                    break;
                case 35:
                    ByteFallback = reader.Number != 0;
                    break;
                case 44:
                    UnknownSurface = reader.Text;
                    break;
                case 46:
                    BeginPiece = reader.Text;
                    break;
                case 47:
                    EndPiece = reader.Text;
                    break;
                case 48:
                    PaddingPiece = reader.Text;
                    break;
            }
        }
    }

    private void ReadNormalizer(ReadOnlySpan<byte> data)
    {
        var reader = new ProtobufReader(data);
        while (reader.TryNext())
        {
            switch (reader.Field)
            {
                case 2:
                    CharacterMap = reader.Content.ToArray();
                    break;
                case 3:
                    AddDummyPrefix = reader.Number != 0;
                    break;
                case 4:
                    RemoveExtraWhitespaces = reader.Number != 0;
                    break;
                case 5:
                    EscapeWhitespaces = reader.Number != 0;
                    break;
            }
        }
    }

    private void ReadDenormalizer(ReadOnlySpan<byte> data)
    {
        var reader = new ProtobufReader(data);
        while (reader.TryNext())
        {
            if (reader.Field == 2)
            {
                Denormalizer = reader.Content.ToArray();
            }
        }
    }
}
