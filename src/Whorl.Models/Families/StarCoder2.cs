namespace Whorl.Models.Families;

/// <summary>StarCoder2: layer norms and biases throughout, no gate, a sliding window in every block.</summary>
/// <remarks>
/// Source: Lozhkov et al., arXiv:2402.19173; transformers' modeling_starcoder2.py. GGUF files of it do not hold the window.
/// </remarks>
internal sealed class StarCoder2 : ModelFamily
{
    public override string ModelType => "starcoder2";

    public override IReadOnlyList<string> GgufArchitectures => ["starcoder2"];

    public override DecoderSpec Read(ConfigReader config)
    {
        bool bias = config.Flag("use_bias", true);
        // The reference does not read them.
        config.Ignore("activation_function", "attention_softmax_in_fp32", "scale_attention_softmax_in_fp32");
        config.Require("scale_attn_weights", "true");
        config.Require("mlp_type", "default");
        config.Require("norm_type", "layer_norm");
        return Llama.ReadKin(
            config,
            attention => attention with { QueryKeyValueBias = bias, OutputBias = bias },
            inner => inner with
            {
                Gated = false,
                Bias = bias,
                Activation = ActivationConfig.Read(config, "hidden_act", "gelu_pytorch_tanh"),
            },
            window: WindowConfig.Read(config, _ => true),
            tiedHead: true,
            norm: NormConfig.LayerNorm(config));
    }

    public override WeightMap Weights(DecoderSpec spec) => WeightMap.Llama().Block((Role.Up, "mlp.c_fc"), (Role.Down, "mlp.c_proj"));
}
