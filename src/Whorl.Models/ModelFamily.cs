using Whorl.Formats;
using Whorl.Models.Families;

namespace Whorl.Models;

/// <summary>
/// A family of models: how its config reads, how its block differs from the shared decoder, and what its weights are called.
/// </summary>
public abstract class ModelFamily
{
    /// <summary>Every family. One line each; a test sees that none is forgotten.</summary>
    public static IReadOnlyList<ModelFamily> All { get; } =
    [
        new Arcee(),
        new BitNet(),
        new Bloom(),
        new DeepSeekV2(),
        new DeepSeekV3(),
        new Dots1(),
        new Ernie45(),
        new Ernie45Moe(),
        new Exaone4(),
        new ExaoneMoe(),
        new Falcon(),
        new FalconMamba(),
        new Gemma(),
        new Gemma2(),
        new Gemma3(),
        new Glm(),
        new Glm4(),
        new Glm4Moe(),
        new Gpt2(),
        new GptNeoX(),
        new GptOss(),
        new HyV3(),
        new Jamba(),
        new Llama(),
        new Mamba(),
        new MiniMaxM2(),
        new Ministral(),
        new Mistral(),
        new Mixtral(),
        new Nemotron(),
        new Olmo(),
        new Olmo2(),
        new Olmo3(),
        new Olmoe(),
        new Opt(),
        new Phi3(),
        new Qwen2(),
        new Qwen2Moe(),
        new Qwen3(),
        new Qwen3Moe(),
        new Rwkv7(),
        new SeedOss(),
        new SmolLm3(),
        new StableLm(),
        new StarCoder2(),
        new VaultGemma(),
        new Zamba2(),
    ];

    /// <summary>The <c>model_type</c> of config.json, and the file's name.</summary>
    public abstract string ModelType { get; }

    /// <summary>Other values of <c>model_type</c> that mean the same.</summary>
    public virtual IReadOnlyList<string> Aliases => [];

    /// <summary>GGUF's names of the architecture (<c>general.architecture</c>); none where the format cannot hold the family.</summary>
    public virtual IReadOnlyList<string> GgufArchitectures => [];

    /// <summary>
    /// What Petals' clients call a model of the hub in the DHT; dots and spaces, which no key may have, are theirs to replace.
    /// </summary>
    /// <param name="repository">Its name on the hub, <c>org/name</c>.</param>
    public virtual string NameInSwarm(string repository) => repository[(repository.LastIndexOf('/') + 1)..];

    /// <summary>The family of a <c>model_type</c>.</summary>
    /// <exception cref="ModelFormatException">No family has it.</exception>
    public static ModelFamily Of(string modelType, string file) =>
        All.FirstOrDefault(f => f.ModelType == modelType || f.Aliases.Contains(modelType))
        ?? throw new ModelFormatException(
            file, $"= \"{modelType}\" is not a family Whorl knows; it knows {Sorted(All.Select(f => f.ModelType))}", "model_type");

    /// <summary>The family of a GGUF architecture.</summary>
    /// <exception cref="ModelFormatException">No family has it.</exception>
    public static ModelFamily OfGguf(string architecture, string file) =>
        All.FirstOrDefault(f => f.GgufArchitectures.Contains(architecture))
        ?? throw new ModelFormatException(
            file,
            $"= \"{architecture}\" is not an architecture Whorl knows; it knows {Sorted(All.SelectMany(f => f.GgufArchitectures))}",
            "general.architecture");

    /// <summary>Reads config.json.</summary>
    /// <exception cref="ModelFormatException">A value is missing or not supported.</exception>
    public abstract DecoderSpec Read(ConfigReader config);

    /// <summary>What the weights are called in a Hugging Face checkpoint.</summary>
    public abstract WeightMap Weights(DecoderSpec spec);

    /// <summary>
    /// The family that a GGUF file of this family's architecture really holds, where one architecture stands for several.
    /// </summary>
    public virtual ModelFamily InGguf(GgufConfig config) => this;

    /// <summary>Adds to a config made from GGUF metadata what only this family has there.</summary>
    public virtual void ReadGguf(GgufConfig config)
    {
    }

    /// <summary>What the weights are called in a GGUF file.</summary>
    public virtual WeightMap GgufWeights(DecoderSpec spec) => WeightMap.Gguf();

    private static string Sorted(IEnumerable<string> names) => string.Join(", ", names.Order(StringComparer.Ordinal));
}
