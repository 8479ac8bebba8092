namespace Whorl.Models.Families;

/// <summary>Ministral 8B: Mistral of which only some blocks have the sliding window.</summary>
/// <remarks>Source: Mistral AI, "Un Ministral, des Ministraux" (2024); transformers' modeling_ministral.py.</remarks>
internal sealed class Ministral : ModelFamily
{
    public override string ModelType => "ministral";

    public override DecoderSpec Read(ConfigReader config)
    {
        config.Assume("sliding_window", 4096);
        return Llama.ReadKin(config, window: WindowConfig.Read(config, _ => true));
    }

    public override WeightMap Weights(DecoderSpec spec) => WeightMap.Llama();
}
