using Whorl.Tokenizers.Bpe;
using Whorl.Tokenizers.Json;
using Whorl.Tokenizers.Normalizers;
using Whorl.Tokenizers.PostProcessors;
using Whorl.Tokenizers.PreTokenizers;
using Whorl.Tokenizers.Unigram;

namespace Whorl.Tokenizers.SentencePiece;

/// <summary>Makes a tokenizer of a tokenizer.model, which encodes as sentencepiece itself does.</summary>
internal static class SentencePieceReader
{
    /// <summary>Reads the file.</summary>
    /// <exception cref="TokenizerFormatException">It is malformed or of a kind that is not supported.</exception>
    public static TokenizerParts Read(ReadOnlyMemory<byte> model, string file) =>
        TokenizerJsonReader.Section(file, "the SentencePiece model", () => Make(SentencePieceFile.Parse(model.Span)));

    private static TokenizerParts Make(SentencePieceFile file)
    {
        var vocabulary = new Vocabulary(file.Pieces.Count);
        for (int id = 0; id < file.Pieces.Count; id++)
        {
            vocabulary.Add(file.Pieces[id], id);
        }

        int unknown = file.Types.IndexOf(PieceType.Unknown);
        if (unknown < 0)
        {
            throw new FormatException("there is no unknown piece");
        }

        (string Piece, int Id)[] userDefined = [.. OfType(file, PieceType.UserDefined)];
        CharacterMap? map = file.CharacterMap.Length == 0 ? null : new CharacterMap(file.CharacterMap);
        return new TokenizerParts(MakeModel(file, vocabulary, unknown))
        {
            AddedTokens = [.. OfType(file, PieceType.Control).Select(piece => new AddedToken(piece.Piece) { Special = true })],
            Normalizer = new SentencePieceNormalizer(map, userDefined.Select(piece => piece.Piece))
            {
                AddDummyPrefix = file.AddDummyPrefix,
                RemoveExtraWhitespaces = file.RemoveExtraWhitespaces,
                EscapeWhitespaces = file.EscapeWhitespaces,
                WhitespaceAsSuffix = file.WhitespaceAsSuffix,
            },
            PreTokenizer = MakePreTokenizer(file, userDefined),
            PostProcessor = MakePostProcessor(file, vocabulary),
            Decoder = new SentencePieceDecoder(file),
            BeginToken = ControlOrNull(file, vocabulary, file.BeginPiece),
            EndToken = ControlOrNull(file, vocabulary, file.EndPiece),
            PaddingToken = ControlOrNull(file, vocabulary, file.PaddingPiece),
            UnknownToken = file.Pieces[unknown],
        };
    }

    private static IEnumerable<(string Piece, int Id)> OfType(SentencePieceFile file, PieceType type) =>
        file.Pieces.Select((piece, id) => (piece, id)).Where(entry => file.Types[entry.id] == type);

    private static TokenModel MakeModel(SentencePieceFile file, Vocabulary vocabulary, int unknown)
    {
        var hidden = new HashSet<int>();
        for (int id = 0; id < file.Pieces.Count; id++)
        {
            bool found = file.Types[id] is PieceType.Normal or PieceType.UserDefined
                || (file.Types[id] == PieceType.Unused && file.ModelType == SentencePieceFile.Bpe);
            if (!found)
            {
                hidden.Add(id);
            }
        }

        switch (file.ModelType)
        {
            case SentencePieceFile.Unigram:
                return new UnigramModel(vocabulary, [.. file.Scores.Select(score => (double)score)], unknown, new UnigramOptions
                {
                    ByteFallback = file.ByteFallback,
                    SinglePrecision = true,
                    Hidden = hidden,
                    UserDefined = OfType(file, PieceType.UserDefined).Select(piece => piece.Id).ToHashSet(),
                });
            case SentencePieceFile.Bpe:
                var parted = new Dictionary<int, (int Left, int Right)>();
                MergeTable merges = ScoredMerges.Build(vocabulary, file.Scores, id => !hidden.Contains(id), parted);
                var options = new BpeOptions { UnknownToken = file.Pieces[unknown], FuseUnknown = true, ByteFallback = file.ByteFallback };
                var unused = parted.Where(pair => file.Types[pair.Key] == PieceType.Unused).ToDictionary();
                return new SentencePieceModel(vocabulary, new BpeModel(vocabulary, merges, options), unknown, unused, hidden);
            case SentencePieceFile.Word or SentencePieceFile.Char:
                return new SentencePieceModel(vocabulary, null, unknown, new Dictionary<int, (int Left, int Right)>(), hidden);
            default:
                throw new FormatException($"the model type {file.ModelType} is not supported (unigram, BPE, word and char are)");
        }
    }

    private static PreTokenizer? MakePreTokenizer(SentencePieceFile file, (string Piece, int Id)[] userDefined) => file.ModelType switch
    {
        SentencePieceFile.Bpe when userDefined.Length > 0 => new FrozenPieceSplit(userDefined, single: false),
        SentencePieceFile.Char => new FrozenPieceSplit(userDefined, single: true),
        SentencePieceFile.Word => new SentencePieceWordSplit(),
        _ => null,
    };

    // Where nothing else is known, a begin token stands before the text, as Llama's and Gemma's models want it.
    private static TemplatePostProcessor? MakePostProcessor(SentencePieceFile file, Vocabulary vocabulary)
    {
        if (ControlOrNull(file, vocabulary, file.BeginPiece) is not string begin)
        {
            return null;
        }

        return StandardTemplates.Around(vocabulary.IdOf(begin), null);
    }

    private static string? ControlOrNull(SentencePieceFile file, Vocabulary vocabulary, string piece)
    {
        int id = vocabulary.IdOf(piece);
        return id >= 0 && file.Types[id] == PieceType.Control ? piece : null;
    }
}
