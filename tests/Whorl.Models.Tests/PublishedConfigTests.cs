using System.Text.Json;
using Whorl.Formats;

namespace Whorl.Models.Tests;

/// <summary>Configs with the keys that published checkpoints carry: none is refused, and their sizes are read right.</summary>
public sealed partial class PublishedConfigTests
{
    private const string Common = """
        "architectures": ["ForCausalLM"], "bos_token_id": 1, "eos_token_id": [1, 106], "initializer_range": 0.02, "torch_dtype": "bfloat16", "transformers_version": "4.40.0", "use_cache": true,
        """;

    public static TheoryData<string, string, string> Configs => new()
    {
        {
            "Falcon-7B", "attention 71/1x64, ff 18176, context 2048, tied True", """
            "model_type": "falcon", "alibi": false, "apply_residual_connection_post_layernorm": false, "attention_dropout": 0.0, "auto_map": {"AutoConfig": "x"}, "bias": false,
            "hidden_dropout": 0.0, "hidden_size": 4544, "layer_norm_epsilon": 1e-05, "multi_query": true, "new_decoder_architecture": false, "num_attention_heads": 71,
            "num_hidden_layers": 32, "parallel_attn": true, "vocab_size": 65024
            """
        },
        {
            "Falcon-11B", "attention 32/8x128, ff 16384, context 8192, tied False", """
            "model_type": "falcon", "activation": "gelu", "alibi": false, "apply_residual_connection_post_layernorm": false, "attention_dropout": 0.0, "bias": false, "ff_factor": 4,
            "ffn_hidden_size": 16384, "hidden_dropout": 0.0, "hidden_size": 4096, "layer_norm_epsilon": 1e-05, "max_position_embeddings": 8192, "multi_query": true,
            "new_decoder_architecture": true, "num_attention_heads": 32, "num_hidden_layers": 60, "num_kv_heads": 8, "num_ln_in_parallel_attn": 1, "parallel_attn": true,
            "rope_scaling": null, "rope_theta": 500042.0, "tie_word_embeddings": false, "vocab_size": 65024
            """
        },
        {
            "StarCoder2-3B", "attention 24/2x128 window 4096, ff 12288, context 16384, tied True", """
            "model_type": "starcoder2", "activation_function": "gelu", "attention_dropout": 0.1, "residual_dropout": 0.1, "embedding_dropout": 0.1, "attention_softmax_in_fp32": true,
            "hidden_act": "gelu_pytorch_tanh", "hidden_size": 3072, "intermediate_size": 12288, "layer_norm_epsilon": 1e-05, "max_position_embeddings": 16384, "mlp_type": "default",
            "norm_epsilon": 1e-05, "norm_type": "layer_norm", "num_attention_heads": 24, "num_hidden_layers": 30, "num_key_value_heads": 2, "rope_theta": 999999.4420358813,
            "scale_attention_softmax_in_fp32": true, "scale_attn_weights": true, "sliding_window": 4096, "use_bias": true, "vocab_size": 49152
            """
        },
        {
            "Gemma 2B", "attention 8/1x256, ff 16384, context 8192, tied True", """
            "model_type": "gemma", "attention_bias": false, "attention_dropout": 0.0, "head_dim": 256, "hidden_act": "gelu", "hidden_size": 2048, "intermediate_size": 16384,
            "max_position_embeddings": 8192, "num_attention_heads": 8, "num_hidden_layers": 18, "num_key_value_heads": 1, "pad_token_id": 0, "rms_norm_eps": 1e-06,
            "rope_scaling": null, "rope_theta": 10000.0, "vocab_size": 256000
            """
        },
        {
            "Gemma 2 9B", "attention 16/8x256 window 4096 cap 50, ff 14336, context 8192, tied True", """
            "model_type": "gemma2", "attention_bias": false, "attention_dropout": 0.0, "attn_logit_softcapping": 50.0, "cache_implementation": "hybrid", "final_logit_softcapping": 30.0,
            "head_dim": 256, "hidden_act": "gelu_pytorch_tanh", "hidden_activation": "gelu_pytorch_tanh", "hidden_size": 3584, "intermediate_size": 14336, "max_position_embeddings": 8192,
            "num_attention_heads": 16, "num_hidden_layers": 42, "num_key_value_heads": 8, "pad_token_id": 0, "query_pre_attn_scalar": 256, "rms_norm_eps": 1e-06, "rope_theta": 10000.0,
            "sliding_window": 4096, "sliding_window_size": 4096, "vocab_size": 256000
            """
        },
        {
            "Gemma 3 1B", "attention 4/1x256 window 512, ff 6912, context 32768, tied True", """
            "model_type": "gemma3_text", "attention_bias": false, "attention_dropout": 0.0, "attn_logit_softcapping": null, "cache_implementation": "hybrid", "final_logit_softcapping": null,
            "head_dim": 256, "hidden_activation": "gelu_pytorch_tanh", "hidden_size": 1152, "intermediate_size": 6912, "max_position_embeddings": 32768, "num_attention_heads": 4,
            "num_hidden_layers": 26, "num_key_value_heads": 1, "pad_token_id": 0, "query_pre_attn_scalar": 256, "rms_norm_eps": 1e-06, "rope_local_base_freq": 10000, "rope_scaling": null,
            "rope_theta": 1000000, "sliding_window": 512, "sliding_window_pattern": 6, "vocab_size": 262144
            """
        },
        {
            "Gemma 3 4B with its vision tower", "attention 8/4x256 window 1024, ff 10240, context 131072, tied True", """
            "model_type": "gemma3", "boi_token_index": 255999, "eoi_token_index": 256000, "image_token_index": 262144, "mm_tokens_per_image": 256,
            "text_config": {"hidden_size": 2560, "intermediate_size": 10240, "model_type": "gemma3_text", "num_hidden_layers": 34, "rope_scaling": {"factor": 8.0, "rope_type": "linear"},
            "sliding_window": 1024}, "vision_config": {"hidden_size": 1152, "image_size": 896, "model_type": "siglip_vision_model"}
            """
        },
        {
            "Qwen2.5 0.5B", "attention 14/2x64, ff 4864, context 32768, tied True", """
            "model_type": "qwen2", "attention_dropout": 0.0, "hidden_act": "silu", "hidden_size": 896, "intermediate_size": 4864, "max_position_embeddings": 32768, "max_window_layers": 21,
            "num_attention_heads": 14, "num_hidden_layers": 24, "num_key_value_heads": 2, "rms_norm_eps": 1e-06, "rope_theta": 1000000.0, "sliding_window": 32768,
            "tie_word_embeddings": true, "use_mrope": false, "use_sliding_window": false, "vocab_size": 151936
            """
        },
        {
            "Qwen3 0.6B", "attention 16/8x128, ff 3072, context 40960, tied True", """
            "model_type": "qwen3", "attention_bias": false, "attention_dropout": 0.0, "head_dim": 128, "hidden_act": "silu", "hidden_size": 1024, "intermediate_size": 3072,
            "max_position_embeddings": 40960, "max_window_layers": 28, "num_attention_heads": 16, "num_hidden_layers": 28, "num_key_value_heads": 8, "rms_norm_eps": 1e-06,
            "rope_scaling": null, "rope_theta": 1000000, "sliding_window": null, "tie_word_embeddings": true, "use_sliding_window": false, "vocab_size": 151936
            """
        },
        {
            "OLMo 2 7B", "attention 32/32x128, ff 11008, context 4096, tied False", """
            "model_type": "olmo2", "attention_bias": false, "attention_dropout": 0.0, "hidden_act": "silu", "hidden_size": 4096, "intermediate_size": 11008, "max_position_embeddings": 4096,
            "num_attention_heads": 32, "num_hidden_layers": 32, "num_key_value_heads": 32, "pad_token_id": 100277, "rms_norm_eps": 1e-06, "rope_scaling": null, "rope_theta": 500000,
            "tie_word_embeddings": false, "vocab_size": 100352
            """
        },
        {
            "GPT-2 XL", "attention 25/25x64, ff 6400, context 1024, tied True", """
            "model_type": "gpt2", "activation_function": "gelu_new", "attn_pdrop": 0.1, "embd_pdrop": 0.1, "layer_norm_epsilon": 1e-05, "n_ctx": 1024, "n_embd": 1600, "n_head": 25,
            "n_layer": 48, "n_positions": 1024, "output_past": true, "resid_pdrop": 0.1, "summary_activation": null, "summary_first_dropout": 0.1, "summary_proj_to_labels": true,
            "summary_type": "cls_index", "summary_use_proj": true, "task_specific_params": {"text-generation": {"do_sample": true, "max_length": 50}}, "vocab_size": 50257
            """
        },
        {
            "GPT-NeoX 20B", "attention 64/64x96, ff 24576, context 2048, tied False", """
            "model_type": "gpt_neox", "attention_probs_dropout_prob": 0, "hidden_act": "gelu_fast", "hidden_dropout_prob": 0, "hidden_size": 6144, "intermediate_size": 24576,
            "layer_norm_eps": 1e-05, "max_position_embeddings": 2048, "num_attention_heads": 64, "num_hidden_layers": 44, "rotary_emb_base": 10000, "rotary_pct": 0.25,
            "tie_word_embeddings": false, "vocab_size": 50432
            """
        },
        {
            "OPT 350M", "attention 16/16x64, ff 4096, context 2048, tied True", """
            "model_type": "opt", "_remove_final_layer_norm": false, "activation_dropout": 0.0, "activation_function": "relu", "attention_dropout": 0.0, "do_layer_norm_before": false,
            "dropout": 0.1, "ffn_dim": 4096, "hidden_size": 1024, "init_std": 0.02, "layerdrop": 0.0, "max_position_embeddings": 2048, "num_attention_heads": 16, "num_hidden_layers": 24,
            "pad_token_id": 1, "prefix": "</s>", "vocab_size": 50272, "word_embed_proj_dim": 512
            """
        },
        {
            "Galactica 125M", "attention 12/12x64, ff 3072, context 2048, tied True", """
            "model_type": "opt", "_name_or_path": "galactica-125m", "_remove_final_layer_norm": false, "activation_dropout": 0.0, "activation_function": "gelu", "attention_dropout": 0.1,
            "do_layer_norm_before": true, "dropout": 0.1, "ffn_dim": 3072, "hidden_size": 768, "init_std": 0.02, "layerdrop": 0.0, "learned_embeddings": true,
            "max_position_embeddings": 2048, "num_attention_heads": 12, "num_hidden_layers": 12, "pad_token_id": 1, "scale_embeddings": false, "vocab_size": 50000, "word_embed_proj_dim": 768
            """
        },
        {
            "Phi-3 mini 4k", "attention 32/32x96 window 2047, ff 8192, context 4096, tied False", """
            "model_type": "phi3", "_name_or_path": "Phi-3-mini-4k-instruct", "attention_bias": false, "attention_dropout": 0.0, "auto_map": {"AutoConfig": "x"}, "embd_pdrop": 0.0,
            "hidden_act": "silu", "hidden_size": 3072, "intermediate_size": 8192, "max_position_embeddings": 4096, "num_attention_heads": 32, "num_hidden_layers": 32,
            "num_key_value_heads": 32, "original_max_position_embeddings": 4096, "pad_token_id": 32000, "resid_pdrop": 0.0, "rms_norm_eps": 1e-05, "rope_scaling": null,
            "rope_theta": 10000.0, "sliding_window": 2047, "tie_word_embeddings": false, "vocab_size": 32064
            """
        },
        {
            "Phi-4 mini", "attention 24/8x128 window 262144, ff 8192, context 131072, tied True", $$"""
            "model_type": "phi3", "attention_bias": false, "attention_dropout": 0.0, "embd_pdrop": 0.0, "full_attn_mod": 1, "hidden_act": "silu", "hidden_size": 3072,
            "intermediate_size": 8192, "interpolate_factor": 1, "lm_head_bias": false, "max_position_embeddings": 131072, "mlp_bias": false, "num_attention_heads": 24,
            "num_hidden_layers": 32, "num_key_value_heads": 8, "original_max_position_embeddings": 4096, "pad_token_id": 199999, "partial_rotary_factor": 0.75, "resid_pdrop": 0.0,
            "rms_norm_eps": 1e-05, "rope_scaling": {"long_factor": [{{string.Join(", ", Enumerable.Repeat("1.5", 48))}}], "short_factor": [{{string.Join(", ", Enumerable.Repeat("1.0", 48))}}],
            "type": "longrope"}, "rope_theta": 10000.0, "sliding_window": 262144, "tie_word_embeddings": true, "vocab_size": 200064
            """
        },
        {
            "StableLM 2 12B", "attention 32/8x160, ff 13824, context 4096, tied False", """
            "model_type": "stablelm", "attention_dropout": 0.0, "hidden_act": "silu", "hidden_dropout": 0.0, "hidden_size": 5120, "intermediate_size": 13824, "layer_norm_eps": 1e-05,
            "max_position_embeddings": 4096, "num_attention_heads": 32, "num_hidden_layers": 40, "num_key_value_heads": 8, "partial_rotary_factor": 0.25, "qk_layernorm": true,
            "rope_scaling": null, "rope_theta": 10000, "tie_word_embeddings": false, "use_parallel_residual": true, "use_qkv_bias": false, "vocab_size": 100352
            """
        },
        {
            "SmolLM3 3B", "attention 16/4x128, ff 11008, context 65536, tied True", """
            "model_type": "smollm3", "attention_bias": false, "attention_dropout": 0.0, "hidden_act": "silu", "hidden_size": 2048, "intermediate_size": 11008,
            "max_position_embeddings": 65536, "max_window_layers": 28, "mlp_bias": false, "no_rope_layer_interval": 4, "no_rope_layers": [1, 1, 1, 0], "num_attention_heads": 16,
            "num_hidden_layers": 4, "num_key_value_heads": 4, "pad_token_id": 128004, "pretraining_tp": 2, "rms_norm_eps": 1e-06, "rope_scaling": null, "rope_theta": 5000000.0,
            "sliding_window": null, "use_sliding_window": false, "vocab_size": 128256
            """
        },
        {
            "BitNet b1.58 2B", "attention 20/5x128, ff 6912, context 4096, tied True", """
            "model_type": "bitnet", "auto_map": {"AutoConfig": "x"}, "hidden_act": "relu2", "hidden_size": 2560, "intermediate_size": 6912, "max_position_embeddings": 4096,
            "num_attention_heads": 20, "num_hidden_layers": 30, "num_key_value_heads": 5, "quantization_config": {"quant_method": "bitnet", "linear_class": "autobitlinear",
            "quantization_mode": "offline"}, "rms_norm_eps": 1e-05, "rope_theta": 500000.0, "tie_word_embeddings": true, "vocab_size": 128256
            """
        },
    };

    [Theory]
    [MemberData(nameof(Configs))]
    public void A_config_with_the_keys_of_a_published_checkpoint_is_read(string name, string expected, string keys)
    {
        DecoderSpec spec = Read(keys);
        var attention = (AttentionLayerSpec)spec.Blocks[0].Mixer;
        string window = attention.Window > 0 ? $" window {attention.Window}" : "", cap = attention.SoftCap > 0 ? $" cap {attention.SoftCap}" : "";
        Assert.Equal(
            $"{name}: {expected}",
            $"{name}: attention {attention.Heads}/{attention.KeyValueHeads}x{attention.HeadSize}{window}{cap}, ff {spec.Blocks[0].FeedForward!.Size}, context {spec.ContextLength}, tied {spec.TiedHead}");
    }

    [Theory]
    [InlineData("apply_residual_connection_post_layernorm", "\"model_type\": \"falcon\", \"hidden_size\": 64, \"num_attention_heads\": 4, \"num_hidden_layers\": 1, \"vocab_size\": 9, \"apply_residual_connection_post_layernorm\": true")]
    [InlineData("scale_embeddings", "\"model_type\": \"opt\", \"hidden_size\": 64, \"num_attention_heads\": 4, \"num_hidden_layers\": 1, \"vocab_size\": 9, \"ffn_dim\": 8, \"max_position_embeddings\": 8, \"scale_embeddings\": true")]
    [InlineData("activation_function", "\"model_type\": \"gpt2\", \"n_embd\": 64, \"n_head\": 4, \"n_layer\": 1, \"vocab_size\": 9, \"n_positions\": 8, \"activation_function\": \"mish\"")]
    [InlineData("linear_class", "\"model_type\": \"bitnet\", \"hidden_size\": 64, \"quantization_config\": {\"linear_class\": \"otherlinear\"}")]
    [InlineData("rope_theta", "\"model_type\": \"qwen2\", \"hidden_size\": 64, \"num_attention_heads\": 4, \"num_hidden_layers\": 1, \"rope_theta\": 0")]
    [InlineData("partial_rotary_factor", "\"model_type\": \"stablelm\", \"hidden_size\": 64, \"num_attention_heads\": 4, \"partial_rotary_factor\": 1.5")]
    [InlineData("layer_types", "\"model_type\": \"gemma2\", \"num_hidden_layers\": 2, \"layer_types\": [\"full_attention\", \"chunked_attention\"]")]
    [InlineData("use_bidirectional_attention", "\"model_type\": \"gemma\", \"hidden_size\": 64, \"intermediate_size\": 8, \"num_attention_heads\": 4, \"num_hidden_layers\": 1, \"vocab_size\": 9, \"use_bidirectional_attention\": true")]
    [InlineData("num_attention_heads", "\"model_type\": \"llama\", \"hidden_size\": 64, \"intermediate_size\": 8, \"num_hidden_layers\": 1, \"vocab_size\": 9, \"num_attention_heads\": 5")]
    [InlineData("num_key_value_heads", "\"model_type\": \"llama\", \"hidden_size\": 64, \"intermediate_size\": 8, \"num_attention_heads\": 4, \"num_hidden_layers\": 1, \"vocab_size\": 9, \"num_key_value_heads\": 3")]
    [InlineData("head_dim", "\"model_type\": \"llama\", \"hidden_size\": 64, \"intermediate_size\": 8, \"num_attention_heads\": 4, \"num_hidden_layers\": 1, \"vocab_size\": 9, \"head_dim\": 15")]
    [InlineData("num_hidden_layers", "\"model_type\": \"llama\", \"hidden_size\": 64, \"intermediate_size\": 8, \"num_attention_heads\": 4, \"vocab_size\": 9, \"num_hidden_layers\": 1000000000")]
    [InlineData("rms_norm_eps", "\"model_type\": \"llama\", \"hidden_size\": 64, \"intermediate_size\": 8, \"num_attention_heads\": 4, \"num_hidden_layers\": 1, \"vocab_size\": 9, \"rms_norm_eps\": -1")]
    [InlineData("num_experts_per_tok", "\"model_type\": \"mixtral\", \"hidden_size\": 64, \"intermediate_size\": 8, \"num_attention_heads\": 4, \"num_hidden_layers\": 1, \"vocab_size\": 9, \"num_experts_per_tok\": 9")]
    [InlineData("swiglu_limit", "\"model_type\": \"gpt_oss\", \"hidden_size\": 64, \"intermediate_size\": 8, \"num_attention_heads\": 4, \"num_hidden_layers\": 1, \"vocab_size\": 9, \"swiglu_limit\": 0")]
    [InlineData("attn_layer_offset", "\"model_type\": \"jamba\", \"hidden_size\": 64, \"intermediate_size\": 8, \"num_attention_heads\": 4, \"num_hidden_layers\": 1, \"vocab_size\": 9, \"attn_layer_offset\": 8")]
    [InlineData("quantization_config", "\"model_type\": \"llama\", \"hidden_size\": 64, \"intermediate_size\": 8, \"num_attention_heads\": 4, \"num_hidden_layers\": 1, \"vocab_size\": 9, \"quantization_config\": {\"quant_method\": \"gptq\"}")]
    [InlineData("rope_scaling", "\"model_type\": \"llama\", \"hidden_size\": 64, \"intermediate_size\": 8, \"num_attention_heads\": 8, \"num_hidden_layers\": 1, \"vocab_size\": 9, \"rope_parameters\": {\"rope_theta\": 5}, \"rope_scaling\": {\"type\": \"linear\", \"factor\": 2}")]
    [InlineData("sliding_attention", "\"model_type\": \"mistral\", \"hidden_size\": 64, \"intermediate_size\": 8, \"num_attention_heads\": 8, \"num_hidden_layers\": 1, \"vocab_size\": 9, \"rope_parameters\": {\"full_attention\": {\"rope_theta\": 5}, \"sliding_attention\": {\"rope_theta\": 7}}")]
    [InlineData("mrope_section", "\"model_type\": \"qwen2\", \"hidden_size\": 64, \"intermediate_size\": 8, \"num_attention_heads\": 8, \"num_hidden_layers\": 1, \"vocab_size\": 9, \"rope_scaling\": {\"type\": \"default\", \"mrope_section\": [16, 24, 24]}")]
    [InlineData("partial_rotary_factor", "\"model_type\": \"gemma3_text\", \"hidden_size\": 64, \"intermediate_size\": 8, \"num_attention_heads\": 8, \"num_hidden_layers\": 1, \"vocab_size\": 9, \"rope_parameters\": {\"full_attention\": {\"rope_theta\": 5}, \"sliding_attention\": {\"rope_theta\": 7, \"partial_rotary_factor\": 0.5}}")]
    public void A_value_that_is_not_supported_is_refused_by_the_name_of_its_key(string key, string keys)
    {
        ModelFormatException e = Assert.Throws<ModelFormatException>(() => Read(keys));
        Assert.Contains(key, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("jamba", "mamba_dt_rank")]
    [InlineData("mamba", "time_step_rank")]
    [InlineData("falcon_mamba", "time_step_rank")]
    public void A_rank_that_is_auto_is_a_sixteenth_of_the_width_rounded_up(string family, string key)
    {
        DecoderSpec spec = Read(
            $"\"model_type\": \"{family}\", \"hidden_size\": 72, \"intermediate_size\": 144, \"num_attention_heads\": 4, \"num_hidden_layers\": 1, \"vocab_size\": 9, \"{key}\": \"auto\"");
        Assert.Equal(5, ((MambaSpec)spec.Blocks[0].Mixer).StepRank);
    }

    [Theory]
    [InlineData("mistral", "", 4096)]
    [InlineData("mistral", ", \"sliding_window\": null", 0)]
    [InlineData("mixtral", "", 0)]
    [InlineData("qwen2", ", \"use_sliding_window\": true, \"max_window_layers\": 0", 4096)]
    [InlineData("qwen2_moe", ", \"use_sliding_window\": true", 4096)]
    [InlineData("qwen3_moe", ", \"use_sliding_window\": true", 4096)]
    public void A_window_that_is_not_told_is_the_reference_s(string family, string keys, int window)
    {
        DecoderSpec spec = Read(
            $"\"model_type\": \"{family}\", \"hidden_size\": 64, \"intermediate_size\": 8, \"num_attention_heads\": 8, \"num_hidden_layers\": 1, \"vocab_size\": 9{keys}");
        Assert.Equal(window, ((AttentionLayerSpec)spec.Blocks[0].Mixer).Window);
    }

    [Fact]
    public void Dimensions_that_do_not_turn_are_told_apart_by_each_spelling()
    {
        const string Neox = "\"model_type\": \"gpt_neox\", \"hidden_size\": 64, \"intermediate_size\": 8, \"num_attention_heads\": 2, \"num_hidden_layers\": 1, \"vocab_size\": 9";
        Assert.Equal(8, Turning(Neox));
        Assert.Equal(16, Turning(Neox + ", \"rotary_pct\": 0.5"));
        Assert.Equal(24, Turning(Neox + ", \"rope_parameters\": {\"rope_type\": \"default\", \"rope_theta\": 10000, \"partial_rotary_factor\": 0.75}"));

        static int Turning(string keys) => ((AttentionLayerSpec)Read(keys).Blocks[0].Mixer).Rope!.RotaryDimensions;
    }

    [Fact]
    public void Queries_and_keys_of_a_gemma_3_turn_by_the_kind_of_their_block()
    {
        DecoderSpec spec = Read("""
            "model_type": "gemma3", "text_config": {"hidden_size": 64, "intermediate_size": 8, "num_hidden_layers": 6, "rope_scaling": {"factor": 8.0, "rope_type": "linear"}}
            """);
        RopeSpec Rope(int block) => ((AttentionLayerSpec)spec.Blocks[block].Mixer).Rope!;
        Assert.Equal((10_000.0, RopeScaling.None), (Rope(4).Theta, Rope(4).Scaling));
        Assert.Equal((1_000_000.0, (RopeScaling)new LinearRope(8)), (Rope(5).Theta, Rope(5).Scaling));
    }

    private static DecoderSpec Read(string keys) => ReadWhole($"{{{Common}{keys}}}");

    private static DecoderSpec ReadWhole(string json)
    {
        using var document = JsonDocument.Parse(json);
        ConfigReader config = new(document.RootElement, "config.json");
        DecoderSpec spec = ModelFamily.Of(config.Text("model_type"), "config.json").Read(config);
        Assert.Empty(config.CheckUnread());
        return spec;
    }
}
