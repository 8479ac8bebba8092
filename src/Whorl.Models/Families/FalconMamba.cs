namespace Whorl.Models.Families;

/// <summary>Falcon-Mamba: Mamba-1 with norms, without gain, on the step sizes, B and C.</summary>
/// <remarks>Source: Zuo et al., arXiv:2410.05355; transformers' modeling_falcon_mamba.py. GGUF files of it say <c>mamba</c>.</remarks>
internal sealed class FalconMamba : Mamba
{
    public override string ModelType => "falcon_mamba";

    public override IReadOnlyList<string> GgufArchitectures => [];

    public override DecoderSpec Read(ConfigReader config)
    {
        NormSpec norm = new("", (float)config.Positive("mixer_rms_eps", 1e-6)) { HasGain = false };
        return Read(config, mamba => mamba with { StepNorm = norm, InputNorm = norm, OutputNorm = norm });
    }

    public override ModelFamily InGguf(GgufConfig config) => this;

    public override void ReadGguf(GgufConfig config)
    {
        config.Copy("attention.layer_norm_rms_epsilon", "mixer_rms_eps"); // the format holds one epsilon
        base.ReadGguf(config);
    }
}
