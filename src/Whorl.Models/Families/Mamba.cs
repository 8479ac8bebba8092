namespace Whorl.Models.Families;

/// <summary>Mamba-1: selective scans alone, no attention, no feed-forward layers; memory of a text is of constant size.</summary>
/// <remarks>Source: Gu and Dao, arXiv:2312.00752; transformers' modeling_mamba.py.</remarks>
internal class Mamba : ModelFamily
{
    public override string ModelType => "mamba";

    public override IReadOnlyList<string> GgufArchitectures => ["mamba"];

    public override DecoderSpec Read(ConfigReader config) => Read(config, mamba => mamba);

    public override WeightMap Weights(DecoderSpec spec) => new WeightMap { BlockPrefix = "backbone.layers.{0}." }
        .Ends((Role.Embedding, "backbone.embeddings"), (Role.FinalNorm, "backbone.norm_f"), (Role.Head, "lm_head"))
        .Block((Role.MixerNorm, "norm"))
        .Mamba((MambaSpec)spec.Blocks[0].Mixer, "mixer.");

    public override ModelFamily InGguf(GgufConfig config) => config.Value("ssm.dt_b_c_rms") is true ? new FalconMamba() : this;

    public override void ReadGguf(GgufConfig config)
    {
        config.Rename("rms_norm_eps", "layer_norm_epsilon");
        config.Copy("ssm.conv_kernel", "conv_kernel");
        config.Copy("ssm.inner_size", "intermediate_size");
        config.Copy("ssm.state_size", "state_size");
        config.Copy("ssm.time_step_rank", "time_step_rank");
        config.Set("use_conv_bias", config.HasTensor("blk.0.ssm_conv1d.bias"));
        config.Set("use_bias", config.HasTensor("blk.0.ssm_in.bias"));
    }

    public override WeightMap GgufWeights(DecoderSpec spec) => WeightMap.Gguf().GgufMamba((MambaSpec)spec.Blocks[0].Mixer);

    /// <summary>Reads the keys that Mamba's relatives share.</summary>
    protected static DecoderSpec Read(ConfigReader config, Func<MambaSpec, MambaSpec> change)
    {
        int hidden = config.Int("hidden_size|d_model");
        float epsilon = (float)config.Positive("layer_norm_epsilon", 1e-5);
        config.Require("hidden_act", "silu");
        config.Require("rms_norm", "true", "True");
        config.Ignore(
            "d_inner", "d_model", "n_layer", "expand", "residual_in_fp32", "fused_add_norm", "pad_vocab_size_multiple", "ssm_cfg",
            "rescale_prenorm_residual",
            "time_step_floor", "time_step_init_scheme", "time_step_max", "time_step_min", "time_step_scale", "use_mambapy",
            "use_falcon_mambapy", "use_associative_scan",
            "num_attention_heads", "max_position_embeddings");
        MambaSpec mixer = change(new MambaSpec
        {
            Channels = config.Int("intermediate_size", 2 * hidden, minimum: 1),
            StateSize = config.Count("state_size", absent: 16),
            StepRank = config.IntOrAuto("time_step_rank", (hidden + 15) / 16),
            Taps = config.Count("conv_kernel", absent: 4),
            ConvolutionBias = config.Flag("use_conv_bias", true),
            ProjectionBias = config.Flag("use_bias", false),
        });
        BlockSpec block = new() { Mixer = mixer, MixerNorm = new NormSpec(Role.MixerNorm, epsilon) };
        return new DecoderSpec
        {
            HiddenSize = hidden,
            VocabularySize = config.Int("vocab_size"),
            TiedHead = config.OptionalFlag("tie_word_embeddings"),
            FinalNorm = new NormSpec(Role.FinalNorm, epsilon),
            Blocks = [.. Enumerable.Repeat(block, config.Count("num_hidden_layers|n_layer"))],
        };
    }
}
