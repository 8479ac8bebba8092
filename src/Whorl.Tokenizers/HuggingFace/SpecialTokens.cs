using System.Text.Json;
using Whorl.Tokenizers.Json;

namespace Whorl.Tokenizers.HuggingFace;

/// <summary>The special tokens that the files beside a tokenizer name, or else its class.</summary>
internal sealed class SpecialTokens
{
    // In the order in which transformers adds those that the vocabulary lacks.
    private static readonly string[] Keys =
        ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

    private readonly Dictionary<string, AddedToken> _byKey = new(StringComparer.Ordinal);
    private readonly List<AddedToken> _others = [];

    /// <summary>Reads them.</summary>
    /// <param name="settings">tokenizer_config.json, if there is one. It wins where it tells its added tokens too, as newer files do.</param>
    /// <param name="map">special_tokens_map.json, if there is one.</param>
    /// <param name="usual">Those of the class, by key.</param>
    /// <exception cref="FormatException">One is neither a string nor an object.</exception>
    public SpecialTokens(JsonElement settings, JsonElement map, IReadOnlyDictionary<string, AddedToken> usual)
    {
        bool mapWins = settings.Optional("added_tokens_decoder") is null;
        (JsonElement first, JsonElement second) = mapWins ? (map, settings) : (settings, map);
        foreach (string key in Keys)
        {
            if ((Read(first.Optional(key)) ?? Read(second.Optional(key)) ?? usual.GetValueOrDefault(key)) is { } token)
            {
                _byKey[key] = token;
            }
        }

        Map = MapOf(first, second);
        foreach (JsonElement owner in (JsonElement[])[settings, map])
        {
            _others.AddRange(Others(owner.Optional("additional_special_tokens")).Concat(Others(owner.Optional("extra_special_tokens"))));
        }
    }

    /// <summary>
    /// The map that chat templates see: every name that ends in <c>_token</c>, and <c>additional_special_tokens</c>.
    /// </summary>
    public IReadOnlyDictionary<string, JsonElement> Map { get; }

    /// <summary>All of them; some may have the same text.</summary>
    public IEnumerable<AddedToken> All => Keys.Select(Find).OfType<AddedToken>().Concat(_others);

    /// <summary>The one that a key names, as <c>eos_token</c>, or null.</summary>
    public AddedToken? Find(string key) => _byKey.GetValueOrDefault(key);

    private Dictionary<string, JsonElement> MapOf(JsonElement first, JsonElement second)
    {
        Dictionary<string, JsonElement> named = new(StringComparer.Ordinal);
        foreach (JsonElement owner in (JsonElement[])[first, second])
        {
            JsonElement?[] groups = [owner, owner.Optional("extra_special_tokens"), owner.Optional("model_specific_special_tokens")];
            foreach (JsonElement group in groups.OfType<JsonElement>().Where(group => group.ValueKind == JsonValueKind.Object))
            {
                foreach (JsonProperty token in group.EnumerateObject().Where(one => one.Name.EndsWith("_token", StringComparison.Ordinal)))
                {
                    if (Read(token.Value) is { } read)
                    {
                        named.TryAdd(token.Name, JsonTexts.Of(read.Content));
                    }
                }
            }

            string[] others = [.. Others(owner.Optional("additional_special_tokens")).Select(token => token.Content)];
            others = others.Length > 0 || owner.Optional("extra_special_tokens") is not { ValueKind: JsonValueKind.Array } list
                ? others
                : [.. Others(list).Select(token => token.Content)]; // as transformers 5 calls it
            if (others.Length > 0)
            {
                named.TryAdd("additional_special_tokens", JsonTexts.Of(others));
            }
        }

        foreach (string key in Keys)
        {
            if (Find(key) is { } token)
            {
                named[key] = JsonTexts.Of(token.Content);
            }
        }

        return named;
    }

    // A list of tokens, or an object that gives them names.
    private static IEnumerable<AddedToken> Others(JsonElement? tokens) => tokens switch
    {
        { ValueKind: JsonValueKind.Array } list => list.EnumerateArray().Select(token => Read(token)).OfType<AddedToken>(),
        { ValueKind: JsonValueKind.Object } named => named.EnumerateObject().Select(token => Read(token.Value)).OfType<AddedToken>(),
        _ => [],
    };

    // A string, or an object with content and flags.
    private static AddedToken? Read(JsonElement? value) => value switch
    {
        { ValueKind: JsonValueKind.String } text => new AddedToken(text.Text()) { Special = true },
        { ValueKind: JsonValueKind.Object } token => TokenizerJsonReader.ReadAddedToken(token) with { Special = true },
        _ => null,
    };
}
