using Whorl.Tensors;

namespace Whorl.Models.Tests;

/// <content>Of mixtures of experts and recurrences: what sets each apart is read.</content>
public sealed partial class PublishedConfigTests
{
    [Fact]
    public void Mixtral_8x7b()
    {
        DecoderSpec spec = ReadWhole("""
            {"architectures":["MixtralForCausalLM"],"attention_dropout":0.0,"bos_token_id":1,"eos_token_id":2,"hidden_act":"silu",
            "hidden_size":4096,
            "initializer_range":0.02,"intermediate_size":14336,"max_position_embeddings":32768,"model_type":"mixtral",
            "num_attention_heads":32,
            "num_experts_per_tok":2,"num_hidden_layers":32,"num_key_value_heads":8,"num_local_experts":8,"output_router_logits":false,
            "rms_norm_eps":1e-05,
            "rope_theta":1000000.0,"router_aux_loss_coef":0.02,"sliding_window":null,"tie_word_embeddings":false,"torch_dtype":"bfloat16",
            "transformers_version":"4.36.0.dev0","use_cache":true,"vocab_size":32000}
            """);
        Assert.Equal((32, 8, 2), (spec.Blocks.Count, Experts(spec, 0).Count, Experts(spec, 0).Chosen));
    }

    [Fact]
    public void OLMoE_1b_7b()
    {
        DecoderSpec spec = ReadWhole("""
            {"architectures":["OlmoeForCausalLM"],"attention_bias":false,"attention_dropout":0.0,"clip_qkv":null,"eos_token_id":50279,
            "hidden_act":"silu",
            "hidden_size":2048,"initializer_range":0.02,"intermediate_size":1024,"max_position_embeddings":4096,"model_type":"olmoe",
            "norm_topk_prob":false,
            "num_attention_heads":16,"num_experts":64,"num_experts_per_tok":8,"num_hidden_layers":16,"num_key_value_heads":16,
            "output_router_logits":false,
            "pad_token_id":1,"rope_scaling":null,"rope_theta":10000.0,"router_aux_loss_coef":0.01,"tie_word_embeddings":false,
            "torch_dtype":"bfloat16",
            "transformers_version":"4.43.0.dev0","use_cache":true,"vocab_size":50304}
            """);
        Assert.False(Experts(spec, 3).Normalise);
        Assert.Equal(1e-5f, spec.FinalNorm!.Epsilon);
    }

    [Fact]
    public void Qwen1_5_moe_a2_7b()
    {
        DecoderSpec spec = ReadWhole("""
            {"architectures":["Qwen2MoeForCausalLM"],"attention_dropout":0.0,"bos_token_id":151643,"eos_token_id":151643,
            "hidden_act":"silu","hidden_size":2048,
            "initializer_range":0.02,"intermediate_size":5632,"max_position_embeddings":8192,"max_window_layers":21,
            "model_type":"qwen2_moe",
            "num_attention_heads":16,"num_hidden_layers":24,"num_key_value_heads":16,"rms_norm_eps":1e-06,"rope_theta":1000000.0,
            "sliding_window":32768,
            "tie_word_embeddings":false,"torch_dtype":"bfloat16","transformers_version":"4.39.0.dev0","use_cache":true,
            "use_sliding_window":false,
            "vocab_size":151936,"decoder_sparse_step":1,"moe_intermediate_size":1408,"shared_expert_intermediate_size":5632,
            "num_experts_per_tok":4,
            "num_experts":60,"norm_topk_prob":false,"output_router_logits":false,"router_aux_loss_coef":0.001}
            """);
        Assert.Equal((5632, true), (Experts(spec, 0).SharedSize, Experts(spec, 0).SharedIsGated));
        Assert.All(spec.Blocks, block => Assert.Equal(0, ((AttentionLayerSpec)block.Mixer).Window));
    }

    [Fact]
    public void Qwen3_30b_a3b()
    {
        DecoderSpec spec = ReadWhole("""
            {"architectures":["Qwen3MoeForCausalLM"],"attention_bias":false,"attention_dropout":0.0,"bos_token_id":151643,
            "decoder_sparse_step":1,
            "eos_token_id":151645,"head_dim":128,"hidden_act":"silu","hidden_size":2048,"initializer_range":0.02,"intermediate_size":6144,
            "max_position_embeddings":40960,"max_window_layers":48,"mlp_only_layers":[],"model_type":"qwen3_moe",
            "moe_intermediate_size":768,
            "norm_topk_prob":true,"num_attention_heads":32,"num_experts":128,"num_experts_per_tok":8,"num_hidden_layers":48,
            "num_key_value_heads":4,
            "output_router_logits":false,"rms_norm_eps":1e-06,"rope_scaling":null,"rope_theta":1000000.0,"router_aux_loss_coef":0.001,
            "sliding_window":null,
            "tie_word_embeddings":false,"torch_dtype":"bfloat16","transformers_version":"4.51.0","use_cache":true,
            "use_sliding_window":false,"vocab_size":151936}
            """);
        Assert.Equal(
            (128, 8, true, 768),
            (Experts(spec, 47).Count, Experts(spec, 47).Chosen, Experts(spec, 47).Normalise, spec.Blocks[47].FeedForward!.Size));
    }

    [Fact]
    public void Mamba_2_8b()
    {
        DecoderSpec spec = ReadWhole("""
            {"architectures":["MambaForCausalLM"],"bos_token_id":0,"conv_kernel":4,"d_inner":5120,"d_model":2560,"eos_token_id":0,
            "expand":2,
            "fused_add_norm":true,"hidden_act":"silu","hidden_size":2560,"initializer_range":0.1,"intermediate_size":5120,
            "layer_norm_epsilon":1e-05,
            "model_type":"mamba","n_layer":64,"num_hidden_layers":64,"pad_token_id":0,"pad_vocab_size_multiple":8,
            "rescale_prenorm_residual":false,
            "residual_in_fp32":true,"rms_norm":true,"ssm_cfg":{},"state_size":16,"time_step_floor":0.0001,"time_step_init_scheme":"random",
            "time_step_max":0.1,"time_step_min":0.001,"time_step_rank":160,"time_step_scale":1.0,"torch_dtype":"float32",
            "transformers_version":"4.39.0.dev0",
            "use_bias":false,"use_cache":true,"use_conv_bias":true,"vocab_size":50280}
            """);
        Assert.Equal(64, spec.Blocks.Count);
        Assert.Null(spec.TiedHead); // the config does not say; the file has no head of its own
    }

    [Fact]
    public void Falcon_mamba_7b_whose_expand_is_not_to_be_trusted()
    {
        DecoderSpec spec = ReadWhole("""
            {"_name_or_path":"./","architectures":["FalconMambaForCausalLM"],"bos_token_id":0,"conv_kernel":4,"eos_token_id":11,"expand":16,
            "hidden_act":"silu","hidden_size":4096,"initializer_range":0.1,"intermediate_size":8192,"layer_norm_epsilon":1e-05,
            "model_type":"falcon_mamba",
            "num_hidden_layers":64,"pad_token_id":11,"rescale_prenorm_residual":false,"residual_in_fp32":true,"state_size":16,
            "tie_word_embeddings":false,
            "time_step_floor":0.0001,"time_step_init_scheme":"random","time_step_max":0.1,"time_step_min":0.001,"time_step_rank":256,
            "time_step_scale":1.0,
            "torch_dtype":"bfloat16","transformers_version":"4.43.0.dev0","use_bias":false,"use_cache":true,"use_conv_bias":true,
            "vocab_size":65024}
            """);
        Assert.Equal((8192, 256), (((MambaSpec)spec.Blocks[0].Mixer).Channels, ((MambaSpec)spec.Blocks[0].Mixer).StepRank));
    }

    [Fact]
    public void Jamba_v0_1()
    {
        DecoderSpec spec = ReadWhole("""
            {"architectures":["JambaForCausalLM"],"attention_dropout":0.0,"attn_layer_offset":4,"attn_layer_period":8,"bos_token_id":1,
            "calc_logits_for_entire_prompt":false,"eos_token_id":2,"expert_layer_offset":1,"expert_layer_period":2,"hidden_act":"silu",
            "hidden_size":4096,
            "initializer_range":0.02,"intermediate_size":14336,"mamba_conv_bias":true,"mamba_d_conv":4,"mamba_d_state":16,
            "mamba_dt_rank":256,
            "mamba_expand":2,"mamba_inner_layernorms":true,"mamba_proj_bias":false,"model_type":"jamba","n_ctx":262144,
            "num_attention_heads":32,
            "num_experts":16,"num_experts_per_tok":2,"num_hidden_layers":32,"num_key_value_heads":8,"output_router_logits":false,
            "pad_token_id":0,
            "rms_norm_eps":1e-06,"router_aux_loss_coef":0.001,"sliding_window":null,"tie_word_embeddings":false,"torch_dtype":"bfloat16",
            "transformers_version":"4.40.0.dev0","use_cache":true,"use_mamba_kernels":true,"vocab_size":65536}
            """);
        Assert.Equal([4, 12, 20, 28], Enumerable.Range(0, 32).Where(i => spec.Blocks[i].Mixer is AttentionLayerSpec));
        Assert.Equal([false, true], spec.Blocks.Take(2).Select(block => block.FeedForward!.Experts is not null));
        Assert.Equal(262144, spec.ContextLength);
    }

    [Fact]
    public void Gpt_oss_20b()
    {
        DecoderSpec spec = ReadWhole("""
            {"architectures":["GptOssForCausalLM"],"attention_bias":true,"attention_dropout":0.0,"eos_token_id":200002,
            "experts_per_token":4,"head_dim":64,
            "hidden_act":"silu","hidden_size":2880,"initial_context_length":4096,"initializer_range":0.02,"intermediate_size":2880,
            "layer_types":["sliding_attention","full_attention","sliding_attention","full_attention"],"max_position_embeddings":131072,
            "model_type":"gpt_oss","num_attention_heads":64,"num_experts_per_tok":4,"num_hidden_layers":4,"num_key_value_heads":8,
            "num_local_experts":32,
            "output_router_logits":false,"pad_token_id":199999,"quantization_config":{"modules_to_not_convert":["model.layers.*.self_attn",
            "model.layers.*.mlp.router","model.embed_tokens","lm_head"],"quant_method":"mxfp4"},"rms_norm_eps":1e-05,
            "rope_scaling":{"beta_fast":32.0,
            "beta_slow":1.0,"factor":32.0,"original_max_position_embeddings":4096,"rope_type":"yarn","truncate":false},"rope_theta":150000,
            "router_aux_loss_coef":0.9,"sliding_window":128,"swiglu_limit":7.0,"tie_word_embeddings":false,
            "transformers_version":"4.55.0.dev0",
            "use_cache":true,"vocab_size":201088}
            """);
        Assert.Equal([128, 0, 128, 0], spec.Blocks.Select(block => ((AttentionLayerSpec)block.Mixer).Window));
        Assert.Equal((RouterScore.SoftmaxOfChosen, 7f), (Experts(spec, 0).Score, spec.Blocks[0].FeedForward!.ClampLimit));
    }

    [Fact]
    public void DeepSeek_v2_lite()
    {
        DecoderSpec spec = ReadWhole("""
            {"architectures":["DeepseekV2ForCausalLM"],"attention_bias":false,"attention_dropout":0.0,
            "auto_map":{"AutoConfig":"configuration_deepseek.DeepseekV2Config"},
            "aux_loss_alpha":0.001,"bos_token_id":100000,"eos_token_id":100001,"first_k_dense_replace":1,"hidden_act":"silu",
            "hidden_size":2048,
            "initializer_range":0.02,"intermediate_size":10944,"kv_lora_rank":512,"max_position_embeddings":163840,
            "model_type":"deepseek_v2",
            "moe_intermediate_size":1408,"moe_layer_freq":1,"n_group":1,"n_routed_experts":64,"n_shared_experts":2,"norm_topk_prob":false,
            "num_attention_heads":16,"num_experts_per_tok":6,"num_hidden_layers":27,"num_key_value_heads":16,"pretraining_tp":1,
            "q_lora_rank":null,
            "qk_nope_head_dim":128,"qk_rope_head_dim":64,"rms_norm_eps":1e-06,"rope_scaling":{"beta_fast":32,"beta_slow":1,"factor":40,
            "mscale":0.707,
            "mscale_all_dim":0.707,"original_max_position_embeddings":4096,"type":"yarn"},"rope_theta":10000,"routed_scaling_factor":1.0,
            "scoring_func":"softmax","seq_aux":true,"tie_word_embeddings":false,"topk_group":1,"topk_method":"greedy",
            "torch_dtype":"bfloat16",
            "transformers_version":"4.33.1","use_cache":true,"v_head_dim":128,"vocab_size":102400}
            """);
        var attention = (LatentAttentionSpec)spec.Blocks[0].Mixer;
        double magnitude = (0.1 * 0.707 * Math.Log(40)) + 1;
        Assert.Equal(magnitude * magnitude / Math.Sqrt(192), attention.Scale, 1e-7);
        Assert.Equal(1f, attention.Rope.Scaling.Factor);
        Assert.Null(spec.Blocks[0].FeedForward!.Experts);
        Assert.Equal(2816, Experts(spec, 1).SharedSize);
    }

    [Fact]
    public void DeepSeek_v3()
    {
        DecoderSpec spec = ReadWhole("""
            {"architectures":["DeepseekV3ForCausalLM"],"attention_bias":false,"attention_dropout":0.0,
            "auto_map":{"AutoConfig":"configuration_deepseek.DeepseekV3Config"},
            "aux_loss_alpha":0.001,"bos_token_id":0,"eos_token_id":1,"ep_size":1,"first_k_dense_replace":3,"hidden_act":"silu",
            "hidden_size":7168,
            "initializer_range":0.02,"intermediate_size":18432,"kv_lora_rank":512,"max_position_embeddings":163840,
            "model_type":"deepseek_v3",
            "moe_intermediate_size":2048,"moe_layer_freq":1,"n_group":8,"n_routed_experts":256,"n_shared_experts":1,"norm_topk_prob":true,
            "num_attention_heads":128,"num_experts_per_tok":8,"num_hidden_layers":61,"num_key_value_heads":128,"num_nextn_predict_layers":1,
            "pretraining_tp":1,"q_lora_rank":1536,"qk_nope_head_dim":128,"qk_rope_head_dim":64,
            "quantization_config":{"activation_scheme":"dynamic",
            "fmt":"e4m3","quant_method":"fp8","weight_block_size":[128,128]},"rms_norm_eps":1e-06,"rope_scaling":{"beta_fast":32,
            "beta_slow":1,"factor":40,
            "mscale":1.0,"mscale_all_dim":1.0,"original_max_position_embeddings":4096,"type":"yarn"},"rope_theta":10000,
            "routed_scaling_factor":2.5,
            "scoring_func":"sigmoid","seq_aux":true,"tie_word_embeddings":false,"topk_group":4,"topk_method":"noaux_tc",
            "torch_dtype":"bfloat16",
            "transformers_version":"4.33.1","use_cache":true,"v_head_dim":128,"vocab_size":129280}
            """);
        ExpertsSpec experts = Experts(spec, 3);
        Assert.Equal(
            (256, 8, 8, 4, 2.5f),
            (experts.Count, experts.Chosen, experts.Groups, experts.ChosenGroups, experts.Scale));
        Assert.Equal([null, null, null], spec.Blocks.Take(3).Select(block => block.FeedForward!.Experts));
    }

    [Fact]
    public void Rwkv7_world_1_5b()
    {
        DecoderSpec spec = ReadWhole("""
            {"a_low_rank_dim":96,"architectures":["RWKV7ForCausalLM"],"attn":null,"attn_mode":"chunk",
            "auto_map":{"AutoConfig":"modeling_rwkv7.RWKV7Config"},
            "bos_token_id":0,"decay_low_rank_dim":96,"eos_token_id":0,"fuse_cross_entropy":true,"fuse_norm":false,"gate_low_rank_dim":256,
            "head_dim":64,
            "hidden_act":"sqrelu","hidden_ratio":4.0,"hidden_size":2048,"initializer_range":0.006,"intermediate_size":8192,
            "max_position_embeddings":2048,
            "model_type":"rwkv7","norm_bias":true,"norm_eps":1e-05,"norm_first":true,"num_heads":32,"num_hidden_layers":24,
            "tie_word_embeddings":false,
            "torch_dtype":"float32","transformers_version":"4.48.0","use_cache":true,"v_low_rank_dim":64,"vocab_size":65536}
            """);
        Assert.Equal((4096, 64), (spec.BoundarySize, ((Rwkv7Spec)spec.Blocks[0].Mixer).HeadSize));
        Assert.Equal([true, false], spec.Blocks.Take(2).Select(block => block.InputNorm is not null));
    }

    [Fact]
    public void Zamba2_7b()
    {
        DecoderSpec spec = ReadWhole("""
            {"adapter_rank":128,"add_bias_linear":false,"architectures":["Zamba2ForCausalLM"],"attention_dropout":0.0,
            "attention_head_dim":224,
            "attention_hidden_size":7168,"bos_token_id":1,"chunk_size":256,"eos_token_id":2,"ffn_hidden_size":14336,"hidden_act":"gelu",
            "hidden_size":3584,
            "hybrid_layer_ids":[2,5],"initializer_range":0.02,"intermediate_size":14336,"kv_channels":112,"layers_block_type":["mamba",
            "mamba","hybrid",
            "mamba","mamba","hybrid"],"mamba_d_conv":4,"mamba_d_state":64,"mamba_expand":2,"mamba_headdim":64,"mamba_ngroups":2,
            "max_position_embeddings":4096,"model_type":"zamba2","n_mamba_heads":112,"num_attention_heads":32,"num_hidden_layers":6,
            "num_key_value_heads":32,
            "num_logits_to_keep":1,"num_mem_blocks":2,"num_query_groups":32,"pad_token_id":0,"rms_norm_eps":1e-05,"rope_theta":10000,
            "time_step_floor":0.0001,
            "time_step_limit":null,"time_step_max":0.1,"time_step_min":0.001,"torch_dtype":"bfloat16","transformers_version":"4.49.0.dev0",
            "use_cache":true,
            "use_conv_bias":true,"use_long_context":false,"use_mamba_kernels":true,"use_mem_eff_path":false,"use_mem_rope":true,
            "use_shared_attention_adapter":false,"use_shared_mlp_adapter":true,"vocab_size":32000}
            """);
        Assert.Equal([2, 5], Enumerable.Range(0, 6).Where(i => spec.Blocks[i].Shared is not null));
        SharedTransformerSpec shared = spec.Blocks[2].Shared!;
        Assert.Equal(
            (224, 128, 0),
            (shared.Attention.HeadSize, shared.FeedForward.AdapterRank, shared.Attention.AdapterRank));
        Assert.Equal(2, spec.SharedCopies);
    }

    private static ExpertsSpec Experts(DecoderSpec spec, int block) => spec.Blocks[block].FeedForward!.Experts!;
}
