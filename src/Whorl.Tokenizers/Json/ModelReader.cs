using System.Text.Json;
using Whorl.Tokenizers.Bpe;
using Whorl.Tokenizers.Unigram;
using Whorl.Tokenizers.WordPiece;

namespace Whorl.Tokenizers.Json;

/// <summary>Reads the model of a tokenizer.json.</summary>
internal static class ModelReader
{
    /// <exception cref="FormatException">It is malformed or of a type that is not supported.</exception>
    public static TokenModel Read(JsonElement model) => TypeOf(model) switch
    {
        "BPE" => ReadBpe(model),
        "Unigram" => ReadUnigram(model),
        "WordPiece" => new WordPieceModel(
            ReadVocabulary(model),
            model.OptionalString("unk_token") ?? "[UNK]",
            model.OptionalString("continuing_subword_prefix") ?? "##",
            model.Optional("max_input_chars_per_word") is null ? 100 : model.Integer("max_input_chars_per_word")),
        "WordLevel" => new WordLevelModel(ReadVocabulary(model), model.OptionalString("unk_token") ?? "<unk>"),
        string type => throw new FormatException($"the model type '{type}' is not supported (BPE, Unigram, WordPiece and WordLevel are)"),
    };

    // Old files leave the type out.
    private static string TypeOf(JsonElement model) =>
        model.OptionalString("type")
        ?? (model.Optional("merges") is not null ? "BPE"
            : model.Optional("unk_id") is not null ? "Unigram"
            : model.Optional("continuing_subword_prefix") is not null ? "WordPiece" : "WordLevel");

    private static Vocabulary ReadVocabulary(JsonElement model) => ReadTokens(model.Required("vocab"));

    /// <summary>Reads an object of tokens and their ids.</summary>
    /// <exception cref="FormatException">It is something else.</exception>
    public static Vocabulary ReadTokens(JsonElement vocab)
    {
        if (vocab.ValueKind != JsonValueKind.Object)
        {
            throw new FormatException("the vocabulary is not an object of tokens and ids");
        }

        var vocabulary = new Vocabulary(vocab.GetPropertyCount());
        foreach (JsonProperty entry in vocab.EnumerateObject())
        {
            if (entry.Value.ValueKind != JsonValueKind.Number || !entry.Value.TryGetInt32(out int id))
            {
                throw new FormatException($"the id of '{entry.Name}' is not an integer");
            }

            vocabulary.Add(entry.Name, id);
        }

        return vocabulary;
    }

    private static BpeModel ReadBpe(JsonElement model)
    {
        if (model.Optional("dropout") is { ValueKind: JsonValueKind.Number } dropout && dropout.GetDouble() != 0)
        {
            throw new FormatException("'dropout' makes encoding random, which is not supported; set it to null");
        }

        var options = new BpeOptions
        {
            UnknownToken = model.OptionalString("unk_token"),
            FuseUnknown = model.Flag("fuse_unk", false),
            ByteFallback = model.Flag("byte_fallback", false),
            IgnoreMerges = model.Flag("ignore_merges", false),
            ContinuingPrefix = model.OptionalString("continuing_subword_prefix"),
            EndSuffix = model.OptionalString("end_of_word_suffix"),
        };
        Vocabulary vocabulary = ReadVocabulary(model);
        if (model.Required("merges").ValueKind != JsonValueKind.Array)
        {
            throw new FormatException("'merges' is not an array");
        }

        var merges = new MergeTableBuilder(vocabulary, model.Required("merges").GetArrayLength(), options.ContinuingPrefix?.Length ?? 0);
        char[] left = new char[256];
        char[] right = new char[256];
        foreach (JsonElement merge in model.Items("merges"))
        {
            if (merge.ValueKind == JsonValueKind.Array && merge.GetArrayLength() == 2)
            {
                merges.Add(merge[0].Characters(ref left), merge[1].Characters(ref right));
            }
            else
            {
                merges.Add(merge.Text());
            }
        }

        return new BpeModel(vocabulary, merges.Table, options);
    }

    private static UnigramModel ReadUnigram(JsonElement model)
    {
        JsonElement[] entries = [.. model.Items("vocab")];
        var vocabulary = new Vocabulary(entries.Length);
        double[] scores = new double[entries.Length];
        for (int id = 0; id < entries.Length; id++)
        {
            JsonElement entry = entries[id];
            if (entry.ValueKind != JsonValueKind.Array || entry.GetArrayLength() != 2 || entry[1].ValueKind != JsonValueKind.Number)
            {
                throw new FormatException($"entry {id} of 'vocab' is not a token and its score");
            }

            vocabulary.Add(entry[0].Text(), id);
            scores[id] = ReferenceNumber.Read(entry[1]);
        }

        int unknown = model.Optional("unk_id") is null ? -1 : model.Integer("unk_id");
        if (unknown >= entries.Length)
        {
            throw new FormatException($"'unk_id' is {unknown}, but there are {entries.Length} tokens");
        }

        return new UnigramModel(vocabulary, scores, unknown, new UnigramOptions { ByteFallback = model.Flag("byte_fallback", false) });
    }
}
