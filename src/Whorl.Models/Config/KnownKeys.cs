using System.Collections.Frozen;
using System.Text.Json;

namespace Whorl.Models;

/// <summary>What is known of the keys that nobody reads: the one place for every file that describes a model.</summary>
/// <remarks>
/// <para>A key is one of four. <b>Understood</b>: the family, or whoever the file is for, has read it. <b>Harmless</b>: it changes nothing,
/// whatever its value, and is passed over in silence: what exporters, trainers and mirrors write for themselves, dropout, labels. <b>Known
/// to change the result</b>, and not supported where nobody read it: refused by name, with what it would do, unless its value is neutral,
/// or asks for what the model does anyway.
/// <b>Unknown</b>: told once, in a warning; refused by those who want to be sure.</para>
/// <para>A value that asks for nothing (null, false, empty) passes whatever the key is.</para>
/// </remarks>
internal sealed class KnownKeys
{
    /// <summary>An effect whose measure a model may have anyway.</summary>
    public const string ScalesEmbeddings = "scale the embeddings";

    /// <inheritdoc cref="ScalesEmbeddings"/>
    public const string ScalesScores = "scale the scores of attention";

    /// <inheritdoc cref="ScalesEmbeddings"/>
    public const string ScalesExperts = "scale what the experts give";

    /// <summary>Ends of the names of what something is multiplied by.</summary>
    private static readonly string[] ScaleEnds = ["_multiplier", "_multipliers", "_scale", "_scaling", "_scaling_factor"];

    /// <summary>Parts of the names of what something is capped at.</summary>
    private static readonly string[] CapParts = ["softcap", "soft_cap", "_logit_cap"];

    /// <summary>A scale of these is one of training.</summary>
    private static readonly string[] TrainingWords = ["loss", "grad", "learning", "lr_", "init"];

    private readonly FrozenSet<string> _harmless;
    private readonly string[] _prefixes;
    private readonly string[] _suffixes;
    private readonly FrozenDictionary<string, KnownKey> _changing;
    private readonly bool _scales;

    private KnownKeys(
        string[] harmless,
        string[] prefixes,
        string[] suffixes,
        (string Effect, Func<JsonElement, JsonElement, bool> Neutral, string[] Keys)[] changing,
        bool scales = false)
    {
        (_harmless, _prefixes, _suffixes, _scales) = (harmless.ToFrozenSet(), prefixes, suffixes, scales);
        _changing = changing
            .SelectMany(group => group.Keys.Select(key => KeyValuePair.Create(key, new KnownKey(group.Effect, group.Neutral))))
            .ToFrozenDictionary();
    }

    /// <summary>Those of config.json, and of the objects in it.</summary>
    public static KnownKeys OfConfig { get; } = new(
        [
            // What it is called, where it comes from, how it was made.
            "architectures", "model_type", "name_or_path", "model_name", "model_id", "base_model", "auto_map", "trust_remote_code",
            "license", "language",
            "tags", "author", "description", "version", "revision", "comment", "pipeline_tag", "library_name", "task", "tasks",
            "task_specific_params",
            "custom_pipelines", "finetuning_task", "is_llama_config", "is_mistral_config", "is_qwen_config", "converted_from",
            "source_model", "quantized_by",
            "keys_to_ignore_at_inference", "attribute_map", "sub_configs", "is_composition", "has_no_defaults_at_init",

            // In what type and by which code it was computed; exact here.
            "torch_dtype", "dtype", "use_bfloat16", "fp16", "bf16", "fp32", "precision", "torchscript", "attn_implementation",
            "experts_implementation",
            "attention_softmax_in_fp32", "scale_attention_softmax_in_fp32", "softmax_in_fp32", "residual_in_fp32",
            "reorder_and_upcast_attn", "upcast_attn",
            "cache_implementation", "use_cache", "use_cache_quantization", "use_cache_kernel", "use_kernels", "kernel_config",
            "no_bias_kernel", "output_past", "device", "device_map", "low_cpu_mem_usage", "quantization_method",
            "pretraining_tp", "tensor_parallel", "tp_size", "ep_size", "pp_size", "world_size", "base_model_tp_plan", "base_model_pp_plan",
            "base_model_ep_plan",
            "chunk_size_feed_forward", "num_logits_to_keep", "logits_to_keep", "pad_vocab_size_multiple", "make_vocab_size_divisible_by",
            "torch_compile",

            // Of training.
            "init_std", "init_method", "init_device", "seed", "seq_aux", "aux_loss_alpha", "router_jitter_noise", "jitter_noise",
            "input_jitter_noise", "loss_type", "layerdrop", "gradient_checkpointing", "gradient_checkpointing_kwargs", "rescale_every",
            "bias_dropout_fusion", "masked_softmax_fusion",
            "tf_legacy_loss", "problem_type", "label_smoothing", "learning_rate", "weight_decay", "num_train_epochs", "train_batch_size",
            "lora_dropout",
            "rescale_prenorm_residual", "expert_balance_loss", "moe_token_dropping", "moe_capacity_factor", "z_loss", "max_grad_norm",

            // Lengths: of training texts, of the mask; the context is read from max_position_embeddings.
            "max_sequence_length", "max_seq_length", "max_seq_len", "model_max_length", "seq_len", "seq_length", "sequence_length", "n_ctx",
            "max_window_layers", "sliding_window_pattern", "original_max_position_embeddings", "initial_context_length", "max_length",
            "min_length",

            // Tokens and how a text is made: the tokenizer's and the generation's files tell these.
            "vocab_file", "pad_token", "bos_token", "eos_token", "unk_token", "add_bos_token", "add_eos_token", "prefix",
            "suppress_tokens", "begin_suppress_tokens", "bad_words_ids",
            "forced_decoder_ids", "diversity_penalty", "do_sample", "early_stopping", "encoder_no_repeat_ngram_size",
            "exponential_decay_length_penalty",
            "length_penalty", "no_repeat_ngram_size", "num_beam_groups", "num_beams", "num_return_sequences", "remove_invalid_values",
            "repetition_penalty",
            "encoder_repetition_penalty", "return_dict_in_generate", "return_dict", "use_return_dict", "temperature", "top_k", "top_p",
            "min_p", "top_a", "typical_p",
            "epsilon_cutoff", "eta_cutoff", "penalty_alpha", "guidance_scale", "sequence_bias", "max_new_tokens", "min_new_tokens",
            "max_time", "stop_strings",
            "renormalize_logits", "presence_penalty", "frequency_penalty", "generation_config", "chat_template", "chat_format",
            "predict_special_tokens", "n_special",

            // Of classifiers, encoders and other towers.
            "id2label", "label2id", "num_labels", "label_names", "labels", "classifier_bias", "is_decoder", "add_cross_attention",
            "cross_attention_hidden_size",
            "tie_encoder_decoder", "pruned_heads", "type_vocab_size", "boi_token_index", "eoi_token_index", "projector_hidden_act",
            "projection_dim", "mm_tokens_per_image",
            "num_nextn_predict_layers", "num_mtp_modules", "freeze_mm_mlp_adapter", "tune_mm_mlp_adapter", "encoder_layers",
            "decoder_layers",

            // Told by the tensors: a bias or an expert that nobody asks for is refused when the weights are read.
            "attention_bias", "attn_bias", "qkv_bias", "use_qkv_bias", "mlp_bias", "use_bias", "bias", "attention_out_bias",
            "num_experts_per_tok", "num_experts_per_token",
            "moe_intermediate_size", "moe_layer_freq", "norm_topk_prob", "decoder_sparse_step", "mlp_only_layers", "n_group", "topk_group",
            "scoring_func", "topk_method",

            // Of rotations other than the one that is computed.
            "low_freq_factor", "high_freq_factor", "beta_fast", "beta_slow", "mscale", "mscale_all_dim", "finetuned",
            "extrapolation_factor", "truncate",
        ],
        [
            "_", "unsloth", "transformers", "tokenizer_", "summary_", "output_", "mm_", "vision_", "image_", "video_", "audio_", "mtp_",
            "fuse_", "fused_", "use_flash",
            "flash_att", "neftune", "wandb", "deepspeed", "megatron", "gguf", "onnx", "openvino", "mlc_", "exllama", "awq_", "hf_",
            "dataset", "train_", "training_", "eval_",
        ],
        [
            "_token_id", "_token_ids", "_token_index", "dropout", "_dropout_prob", "_dropout_p", "_pdrop", "_loss_coef", "_loss_weight",
            "_loss_alpha", "initializer_range", "initializer_factor", "_kernels",
        ],
        [
            (ScalesEmbeddings, One, ["embedding_multiplier", "embedding_scale", "embed_scale", "scale_emb"]),
            (ScalesEmbeddings, Never, ["scale_embeddings", "scale_embedding", "normalize_embedding", "normalize_embeddings"]),
            ("scale the residual stream", One, ["residual_multiplier", "residual_scale", "scale_depth"]),
            (ScalesScores, One,
            [
                "attention_multiplier", "attention_scale", "softmax_scale", "key_multiplier", "attn_scale",
            ]),
            (ScalesScores, IsHeadSize, ["query_pre_attn_scalar"]),
            ("scale the logits", One, ["logits_scaling", "logit_scale", "lm_head_multiplier", "output_multiplier"]),
            (ScalesExperts, One, ["routed_scaling_factor", "router_scaling_factor"]),
            ("cap the scores or the logits", Zero,
                [
                    "attn_logit_softcapping", "final_logit_softcapping", "attn_logit_softcap", "final_logit_softcap", "logits_soft_cap",
                    "logit_soft_cap", "output_logit_soft_cap",
                ]),
            ("clamp queries, keys and values", Zero, ["clip_qkv", "clamp_kqv"]),
            ("clamp the gates", Zero, ["swiglu_limit"]),
            ("norm queries and keys", Never,
                ["qk_norm", "use_qk_norm", "qk_layernorm", "use_qk_layernorm", "use_qk_rmsnorm", "qk_rms_norm", "query_key_norm"]),
            ("turn rotary pairs that lie side by side", Never,
            [
                "rope_interleaved", "rope_interleave", "rotary_interleaved", "use_rope_interleaved",
            ]),
            ("turn only a share of each head", One,
            [
                "partial_rotary_factor", "rotary_pct", "rotary_percent", "rope_pct", "rotary_emb_fraction",
            ]),
            ("turn queries and keys otherwise", One,
            [
                "rotary_scaling_factor", "rope_scaling_factor", "rope_ratio", "rope_factor", "rope_scale", "factor", "attn_factor",
                "attention_factor", "short_mscale", "long_mscale",
            ]),
            ("turn queries and keys otherwise", PlainRotation, ["rope_scaling", "rope_parameters"]),
            ("turn queries and keys otherwise", Never,
                [
                    "sliding_attention", "full_attention", "mrope_section", "use_dynamic_ntk", "short_factor", "long_factor", "use_mrope",
                    "xpos", "use_xpos",
                ]),
            ("turn queries and keys otherwise", Zero, ["alpha", "llama_4_scaling_beta", "rotary_dim"]),
            ("leave some blocks without positions", AllOnes, ["no_rope_layers", "nope_layers"]),
            ("leave some blocks without positions", Zero, ["no_rope_layer_interval", "nope_layer_interval"]),
            ("know positions otherwise", Positions, ["position_embedding_type", "pos_emb", "position_encoding_type"]),
            ("know positions otherwise", Never, ["alibi", "use_alibi", "learned_pos_emb"]),
            ("scale queries by their position", Never, ["use_logn_attn", "attn_temperature_tuning", "attention_temperature_tuning"]),
            ("hide what lies before a window", Unreached,
            [
                "sliding_window", "sliding_window_size", "attention_chunk_size", "local_attention_window", "window_size",
                "attention_window",
            ]),
            ("hide what lies before a window", HasNoWindow, ["use_sliding_window"]),
            ("let blocks differ in kind", AllFull,
            [
                "layer_types", "layers_block_type", "attention_layers", "attention_types", "block_types",
            ]),
            ("let tokens see those behind them", Never, ["use_bidirectional_attention", "bidirectional", "use_bidirectional_attn"]),
            ("let tokens see those behind them", IsTrue, ["causal", "is_causal"]),
            ("know positions otherwise", IsTrue, ["use_rope", "use_rotary"]),
            ("add logits to the softmax", Never,
            [
                "attention_sinks", "use_sinks", "add_swa_attention_sink_bias", "add_full_attention_sink_bias",
            ]),
            ("gate what attention gives", Never, ["attn_output_gate", "attention_output_gate", "use_output_gate"]),
            ("share keys and values", Never, ["multi_query", "multi_query_attention", "use_cla"]),
            ("share keys and values", OneOrZero, ["num_kv_shared_layers", "cla_share_factor"]),
            ("use latent attention", Zero, ["kv_lora_rank", "q_lora_rank"]),
            ("compute attention and feed-forward layer in parallel", Never,
            [
                "parallel_attn", "use_parallel_residual", "parallel_residual", "parallel_block",
            ]),
            ("take the residual from the norm", Never, ["apply_residual_connection_post_layernorm"]),
            ("use a mixture of experts", OneOrZero,
                [
                    "num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts", "n_shared_experts", "num_shared_experts",
                    "moe_num_shared_experts", "zero_expert_num",
                ]),
            ("add inputs to every block", Zero, ["hidden_size_per_layer_input", "vocab_size_per_layer_input"]),
            ("add a bias to the logits", Never, ["lm_head_bias"]),
            ("be an encoder with a decoder", Never, ["is_encoder_decoder"]),
            ("hold the text model's keys", Never, ["text_config", "llm_config", "language_config"]),
            ("store the weights in a form of its own", Never,
            [
                "quantization_config", "quant_config", "compression_config", "quantization", "quantize_config",
            ]),
        ],
        scales: true);

    /// <summary>Those of a GGUF architecture, without its name. Source: ggml's docs/gguf.md.</summary>
    public static KnownKeys OfGguf { get; } = new(
        [
            "vocab_size", "attention.value_length", "attention.key_length", "embedding_length_out", "tensor_data_layout",
            "expert_used_count", "nextn_predict_layers",
            "decoder_start_token_id", "expert_feed_forward_length", "rope.freq_base_swa", "attention.sliding_window_pattern",
            "attention.layer_norm_epsilon",
            "attention.layer_norm_rms_epsilon", "attention.group_norm_epsilon", "attention.group_norm_groups", "rope.dimension_count_swa",
        ],
        ["rope.scaling.", "classifier."],
        [],
        [
            (ScalesEmbeddings, OneOrZero, ["embedding_scale"]),
            ("scale the residual stream", OneOrZero, ["residual_scale"]),
            ("scale the logits", OneOrZero, ["logit_scale"]),
            (ScalesScores, Zero, ["attention.scale"]),
            (ScalesExperts, OneOrZero, ["expert_weights_scale"]),
            ("cap the scores or the logits", Zero, ["attn_logit_softcapping", "final_logit_softcapping", "router_logit_softcapping"]),
            ("clamp queries, keys and values", Zero, ["attention.clamp_kqv"]),
            ("know positions otherwise", Zero, ["attention.max_alibi_bias"]),
            ("scale queries by their position", Zero, ["attention.temperature_length", "attention.temperature_scale"]),
            ("let tokens see those behind them", IsTrue, ["attention.causal"]),
            ("pool the text into one vector", Zero, ["pooling_type"]),
            ("turn queries and keys otherwise", OneOrZero, ["rope.scale_linear", "rope.dimension_sections"]),
            ("share keys and values", Zero, ["attention.shared_kv_layers"]),
            ("use latent attention", Zero, ["attention.kv_lora_rank", "attention.q_lora_rank"]),
            ("compute attention and feed-forward layer in parallel", Never, ["use_parallel_residual"]),
            ("norm otherwise", Never, ["swin_norm"]),
            ("use a mixture of experts", OneOrZero,
            [
                "expert_count", "expert_shared_count", "expert_group_count", "expert_group_used_count", "moe_every_n_layers",
                "interleave_moe_layer_step",
            ]),
            ("route otherwise", OneOrZero, ["expert_gating_func"]),
            ("route otherwise", Never, ["expert_weights_norm"]),
            ("leave the first blocks dense", Zero, ["leading_dense_block_count"]),
            ("add inputs to every block", Zero, ["embedding_length_per_layer_input"]),
        ],
        scales: true);

    /// <summary>
    /// Those of generation_config.json. What changes the text and is not supported is warned of: another text is still a text.
    /// </summary>
    public static KnownKeys OfGeneration { get; } = new(
        [
            "transformers_version", "trust_remote_code", "use_cache", "cache_implementation", "cache_config", "max_length",
            "max_new_tokens", "max_window_size", "return_dict_in_generate",
            "num_return_sequences", "early_stopping", "length_penalty", "remove_invalid_values", "renormalize_logits", "low_memory",
            "is_assistant", "num_assistant_tokens",
            "num_assistant_tokens_schedule", "assistant_confidence_threshold", "assistant_early_exit", "assistant_lookbehind",
            "target_lookbehind", "prompt_lookup_num_tokens",
            "max_matching_ngram_size", "chat_format", "generation_kwargs", "disable_compile", "compile_config", "token_healing",
            "max_time", "custom_generate", "use_model_defaults",
        ],
        ["_", "transformers", "unsloth", "output_"],
        ["_token_id", "_token_ids", "_token_index"],
        [
            ("search several texts at once", OneOrZero, ["num_beams", "num_beam_groups"]),
            ("choose tokens otherwise", Zero,
            [
                "penalty_alpha", "epsilon_cutoff", "eta_cutoff", "top_a", "top_h", "presence_penalty", "frequency_penalty",
                "diversity_penalty", "mirostat", "dola_layers",
            ]),
            ("choose tokens otherwise", One, ["typical_p", "guidance_scale", "encoder_repetition_penalty", "tfs", "xtc_threshold"]),
            ("forbid repetitions", Zero, ["no_repeat_ngram_size", "encoder_no_repeat_ngram_size"]),
            ("forbid or force tokens", Never,
                [
                    "bad_words_ids", "force_words_ids", "constraints", "suppress_tokens", "begin_suppress_tokens", "sequence_bias",
                    "forced_bos_token_id", "forced_eos_token_id", "forced_decoder_ids", "watermarking_config",
                ]),
            ("forbid an early end", Zero, ["min_length", "min_new_tokens"]),
            ("favour an early end", Never, ["exponential_decay_length_penalty"]),
        ]);

    /// <summary>Those of tokenizer_config.json and special_tokens_map.json.</summary>
    public static KnownKeys OfTokenizer { get; } = new(
        [
            "tokenizer_class", "processor_class", "auto_map", "model_max_length", "max_length", "max_len", "added_tokens_decoder",
            "additional_special_tokens", "extra_special_tokens",
            "model_specific_special_tokens", "special_tokens", "chat_template", "add_bos_token", "add_eos_token", "add_prefix_space",
            "legacy", "legacy_behaviour", "sp_model_kwargs", "errors",
            "clean_up_tokenization_spaces", "spaces_between_special_tokens", "use_default_system_prompt", "padding_side",
            "truncation_side", "padding", "truncation", "truncation_strategy",
            "stride", "pad_to_multiple_of", "model_input_names", "name_or_path", "special_tokens_map_file", "tokenizer_file", "vocab_file",
            "merges_file", "use_fast", "from_slow", "trust_remote_code",
            "trim_offsets", "do_lower_case", "do_basic_tokenize", "never_split", "strip_accents", "tokenize_chinese_chars", "device_map",
            "return_tensors", "return_token_type_ids",
            "return_attention_mask", "response_schema", "response_template", "backend", "is_local", "separate_vocabs", "model_type",
            "wordpieces_prefix", "remove_space", "keep_accents", "lowercase",
            "add_dummy_prefix_space", "dropout", "torch_dtype", "dtype", "target_lang", "source_lang", "language", "tokenizer_type",
            "verbose", "init_inputs", "files_loaded", "local_files_only",
        ],
        ["_", "unsloth", "transformers", "image_", "video_", "audio_", "vision_"],
        ["_token", "_token_id", "_token_type_id", "_tokens"],
        [("take special tokens for text", Never, ["split_special_tokens"])]);

    /// <summary>The keys that are known by name to change the result.</summary>
    internal IEnumerable<string> Changing => _changing.Keys;

    /// <summary>Whether a key changes nothing, whatever its value.</summary>
    public bool IsHarmless(string key) => _harmless.Contains(key)
        || (!_changing.ContainsKey(key) && (_prefixes.Any(prefix => key.StartsWith(prefix, StringComparison.Ordinal))
            || _suffixes.Any(suffix => key.EndsWith(suffix, StringComparison.Ordinal))));

    /// <summary>What a key would change; null where it changes nothing, or that is not known.</summary>
    public KnownKey? Find(string key) => IsHarmless(key) ? null
        : _changing.TryGetValue(key, out KnownKey? known) ? known
        : _scales && NamesScale(key) ? new KnownKey("scale something", One)
        : _scales && NamesCap(key) ? new KnownKey("cap something", Zero)
        : null;

    /// <summary>Whether a value asks for anything at all, whatever the key.</summary>
    public static bool Asks(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.False => false,
        JsonValueKind.Object => value.EnumerateObject().Any(),
        JsonValueKind.Array => value.GetArrayLength() > 0,
        JsonValueKind.String => value.GetString() is not ("" or "none" or "None" or "null"),
        _ => true,
    };

    private static bool NamesScale(string key) =>
        !TrainingWords.Any(word => key.Contains(word, StringComparison.Ordinal))
        && ScaleEnds.Any(end => key.EndsWith(end, StringComparison.Ordinal));

    private static bool NamesCap(string key) =>
        CapParts.Any(part => key.Contains(part, StringComparison.Ordinal));

    private static bool Never(JsonElement value, JsonElement owner) => false;

    private static bool IsTrue(JsonElement value, JsonElement owner) => value.ValueKind == JsonValueKind.True;

    private static bool One(JsonElement value, JsonElement owner) => All(value, number => number == 1);

    private static bool Zero(JsonElement value, JsonElement owner) => All(value, number => number == 0);

    private static bool OneOrZero(JsonElement value, JsonElement owner) => All(value, number => number is 0 or 1);

    private static bool AllOnes(JsonElement value, JsonElement owner) => All(value, number => number == 1);

    private static bool AllFull(JsonElement value, JsonElement owner) => value.ValueKind == JsonValueKind.Array
        && value.EnumerateArray().All(kind =>
            kind.ValueKind == JsonValueKind.String && kind.GetString() is WindowConfig.Full or "attention" or "global" or "full");

    private static bool Positions(JsonElement value, JsonElement owner) =>
        value.ValueKind == JsonValueKind.String && value.GetString() is "rope" or "rotary" or "rotary_embedding" or "absolute" or "default";

    private static bool PlainRotation(JsonElement value, JsonElement owner) => value.ValueKind == JsonValueKind.Object
        && value.EnumerateObject().All(p => p.NameEquals("rope_theta") || One(p.Value, value)
            || (p.Name is "type" or "rope_type" && p.Value.ValueKind == JsonValueKind.String && p.Value.GetString() is "default" or "none"))
        && (!value.TryGetProperty("rope_theta", out JsonElement theta)
            || (owner.TryGetProperty("rope_theta", out JsonElement own) && own.GetRawText() == theta.GetRawText()));

    /// <summary>A window as long as the longest text hides nothing; one that is switched off neither.</summary>
    private static bool Unreached(JsonElement value, JsonElement owner) => Zero(value, owner)
        || (owner.TryGetProperty("use_sliding_window", out JsonElement uses) && uses.ValueKind == JsonValueKind.False)
        || (owner.TryGetProperty("max_position_embeddings", out JsonElement context) && context.ValueKind == JsonValueKind.Number
            && All(value, number => number >= context.GetDouble()));

    private static bool HasNoWindow(JsonElement value, JsonElement owner) =>
        !owner.TryGetProperty("sliding_window", out JsonElement window) || !Asks(window) || Unreached(window, owner);

    private static bool IsHeadSize(JsonElement value, JsonElement owner) =>
        owner.TryGetProperty("head_dim", out JsonElement size) && size.ValueKind == JsonValueKind.Number
        && All(value, number => number == size.GetDouble());

    private static bool All(JsonElement value, Func<double, bool> test) => value.ValueKind switch
    {
        JsonValueKind.Number => test(value.GetDouble()),
        JsonValueKind.Array => value.EnumerateArray().All(
            element => element.ValueKind == JsonValueKind.Number && test(element.GetDouble())),
        _ => false,
    };
}
