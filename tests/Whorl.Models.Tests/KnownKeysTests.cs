using System.Reflection;
using System.Text.Json;
using Whorl.Formats;
using Whorl.Kernels.Cpu;
using Whorl.Testing;

namespace Whorl.Models.Tests;

/// <summary>A key that nobody reads: passed over, refused by name, or told.</summary>
public sealed class KnownKeysTests : IDisposable
{
    private const string Llama = """
        "model_type": "llama", "hidden_size": 64, "intermediate_size": 8, "num_attention_heads": 4, "num_hidden_layers": 2, "vocab_size": 9, "max_position_embeddings": 64, "head_dim": 16
        """;

    private readonly StoredForms _forms = new();

    public static TheoryData<string> Cases => [.. GoldenCase.Names];

    public static TheoryData<string> Twins => ReferenceData.Root is null ? ["absent"] : [.. GoldenCase.Names.Where(name => GoldenCase.Of(name).Twins.Any())];

    public void Dispose() => _forms.Dispose();

    [Theory]
    [InlineData("\"is_llama_config\": true, \"rope_interleaved\": false, \"rope_scaling\": null")]
    [InlineData("\"unsloth_fixed\": true, \"unsloth_version\": \"2025.1.1\", \"unsloth_anything_else\": 7")]
    [InlineData("\"_from_model_config\": true, \"loss_type\": \"ForCausalLMLoss\", \"trust_remote_code\": true, \"_attn_implementation\": \"flash_attention_2\", \"_name_or_path\": \"x\"")]
    [InlineData("\"transformers.js_config\": {\"dtype\": {\"model\": \"q4\"}, \"kv_cache_dtype\": {}}, \"transformers_weights\": \"x\", \"torch_dtype\": \"bfloat16\", \"dtype\": \"float32\"")]
    [InlineData("\"embedding_multiplier\": 1.0, \"residual_multiplier\": 1, \"attention_multiplier\": 1.0, \"logits_scaling\": 1.0, \"logit_scale\": 1.0, \"mup_multiplier\": 1.0, \"rope_ratio\": 1, \"mlp_multipliers\": [1.0, 1.0]")]
    [InlineData("\"attention_dropout\": 0.1, \"hidden_dropout_prob\": 0, \"embd_pdrop\": 0.2, \"some_other_dropout\": 0.5, \"classifier_dropout\": null")]
    [InlineData("\"id2label\": {\"0\": \"LABEL_0\"}, \"label2id\": {\"LABEL_0\": 0}, \"num_labels\": 1, \"problem_type\": \"regression\", \"task_specific_params\": {\"x\": 1}")]
    [InlineData("\"temperature\": 0.7, \"top_p\": 0.9, \"do_sample\": true, \"max_new_tokens\": 5, \"num_beams\": 4, \"penalty_alpha\": 0.6, \"stop_strings\": [\"x\"]")]
    [InlineData("\"bos_token_id\": 1, \"eos_token_id\": [2, 3], \"pad_token_id\": -1, \"image_token_id\": 5, \"video_token_index\": 6, \"vision_config\": {\"depth\": 3}, \"mm_tokens_per_image\": 4")]
    [InlineData("\"final_logit_softcapping\": null, \"attn_logit_softcapping\": 0, \"clip_qkv\": null, \"alibi\": false, \"qk_norm\": false, \"use_sliding_window\": false, \"sliding_window\": 4096")]
    [InlineData("\"sliding_window\": 64, \"layer_types\": [\"full_attention\", \"full_attention\"], \"num_experts\": 0, \"num_local_experts\": 1, \"query_pre_attn_scalar\": 16")]
    [InlineData("\"attention_multiplier\": 0.25, \"softmax_scale\": 0.25, \"attention_scale\": 0.25000000001, \"query_pre_attn_scalar\": 16.0")]
    [InlineData("\"no_rope_layers\": [1, 1], \"position_embedding_type\": \"rope\", \"is_causal\": true, \"use_rope\": true, \"lm_head_bias\": false, \"quantization_config\": null, \"text_config\": {}")]
    [InlineData("\"rope_parameters\": {\"rope_type\": \"default\", \"rope_theta\": 10000.0, \"factor\": 1.0}, \"rope_scaling\": {\"type\": \"default\"}")]
    [InlineData("\"something_new\": false, \"another\": null, \"a_list\": [], \"an_object\": {}, \"a_text\": \"\"")]
    [InlineData("\"max_sequence_length\": 4096, \"model_max_length\": 4096, \"tokenizer_class\": \"LlamaTokenizer\", \"tokenizer_padding_side\": \"right\", \"router_aux_loss_coef\": 0.001, \"initializer_range\": 0.02")]
    public void What_changes_nothing_passes_in_silence(string keys) => Assert.Empty(Unread(keys));

    [Theory]
    [InlineData("embedding_multiplier", "12.0", "scale the embeddings")]
    [InlineData("scale_emb", "12", "scale the embeddings")]
    [InlineData("residual_multiplier", "0.22", "scale the residual stream")]
    [InlineData("attention_multiplier", "0.0078125", "scale the scores")]
    [InlineData("attention_multiplier", "0.2501", "scale the scores")]
    [InlineData("logits_scaling", "8.0", "scale the logits")]
    [InlineData("some_unheard_of_multiplier", "2", "scale")]
    [InlineData("mlp_multipliers", "[1.0, 0.5]", "scale")]
    [InlineData("final_logit_softcapping", "30.0", "cap")]
    [InlineData("anybodys_softcap", "30.0", "cap")]
    [InlineData("clip_qkv", "8.0", "clamp")]
    [InlineData("qk_norm", "true", "norm queries and keys")]
    [InlineData("rope_interleaved", "true", "side by side")]
    [InlineData("alibi", "true", "know positions otherwise")]
    [InlineData("position_embedding_type", "\"nope\"", "know positions otherwise")]
    [InlineData("is_causal", "false", "see those behind them")]
    [InlineData("sliding_window", "8", "window")]
    [InlineData("layer_types", "[\"full_attention\", \"sliding_attention\"]", "differ in kind")]
    [InlineData("no_rope_layers", "[1, 0]", "without positions")]
    [InlineData("num_experts", "8", "mixture")]
    [InlineData("lm_head_bias", "true", "bias")]
    [InlineData("query_pre_attn_scalar", "256", "scale the scores")]
    [InlineData("quantization_config", "{\"quant_method\": \"awq\", \"bits\": 4}", "form of its own")]
    [InlineData("quantization", "{\"group_size\": 64, \"bits\": 4}", "form of its own")]
    [InlineData("text_config", "{\"hidden_size\": 8}", "text model")]
    [InlineData("is_encoder_decoder", "true", "encoder")]
    public void What_changes_the_result_is_refused_by_name_with_what_it_would_do(string key, string value, string effect)
    {
        ModelFormatException e = Assert.Throws<ModelFormatException>(() => Unread($"\"{key}\": {value}"));
        Assert.Equal(key, e.Tensor);
        Assert.Contains(effect, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_nobody_knows_is_told_by_name_in_objects_too() => Assert.Equal(
        ["warp_drive", "flux", "rope_scaling.bend"],
        Unread("\"warp_drive\": 9, \"flux\": \"x\", \"rope_scaling\": {\"type\": \"linear\", \"factor\": 2, \"bend\": 3}"));

    [Fact]
    public void No_key_is_both_harmless_and_not()
    {
        foreach (PropertyInfo property in typeof(KnownKeys).GetProperties(BindingFlags.Static | BindingFlags.Public))
        {
            var keys = (KnownKeys)property.GetValue(null)!;
            Assert.DoesNotContain(keys.Changing, keys.IsHarmless);
        }
    }

    [Fact]
    public async Task All_unknown_keys_of_a_model_s_files_are_told_in_one_line_and_refused_where_asked()
    {
        string folder = await _forms.FolderAsync(GoldenCase.Of("llama2").Folder, _ => null, config => config["warp_drive"] = 9);
        await File.WriteAllTextAsync(Path.Combine(folder, "generation_config.json"), """{"eos_token_id": 2, "flux": 1, "do_sample": true, "_from_model_config": true}""");
        await File.WriteAllTextAsync(Path.Combine(folder, "tokenizer_config.json"), """{"bos_token": "<s>", "model_max_length": 5, "bend\u0007": 1}""");
        using (ModelSource source = ModelSource.Open(folder))
        {
            string told = Assert.Single(source.Warnings);
            Assert.All(["config.json: warp_drive", "generation_config.json: flux", "tokenizer_config.json: bend?"], part => Assert.Contains(part, told, StringComparison.Ordinal));
            Assert.DoesNotContain("bos_token", told, StringComparison.Ordinal);
        }

        ModelFormatException e = Assert.Throws<ModelFormatException>(() => ModelSource.Open(folder, strict: true));
        Assert.Contains("warp_drive", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_generation_that_is_not_done_here_is_told_but_loads()
    {
        string folder = await _forms.FolderAsync(GoldenCase.Of("llama2").Folder, _ => null);
        string file = Path.Combine(folder, "generation_config.json");
        await File.WriteAllTextAsync(file, """{"num_beams": 4, "penalty_alpha": 0.6, "no_repeat_ngram_size": 0, "typical_p": 1.0, "max_new_tokens": 9}""");
        using (ModelSource source = ModelSource.Open(folder))
        {
            string told = Assert.Single(source.Warnings);
            Assert.Contains("num_beams = 4", told, StringComparison.Ordinal);
            Assert.Contains("penalty_alpha = 0.6", told, StringComparison.Ordinal);
            Assert.DoesNotContain("typical_p", told, StringComparison.Ordinal);
        }

        Assert.Throws<ModelFormatException>(() => ModelSource.Open(folder, strict: true));
        await File.WriteAllTextAsync(file, """{"num_beams": 1, "penalty_alpha": null, "min_length": 0, "guidance_scale": 1.0}""");
        using ModelSource silent = ModelSource.Open(folder, strict: true);
        Assert.Empty(silent.Warnings);
    }

    [Theory]
    [MemberData(nameof(Twins))]
    public void A_gguf_key_that_is_a_uniform_list_is_the_number_and_neutral_or_unknown_keys_do_not_hinder(string name)
    {
        using GgufModel model = GgufModel.Open(GoldenCase.Of(name).Twins.First().File);
        string architecture = model.Metadata.Architecture + ".";
        DecoderSpec expected = Read(new(model.Metadata), out _);
        Dictionary<string, object> changed = new(model.Metadata)
        {
            [architecture + "logit_scale"] = 1f,
            [architecture + "attention.max_alibi_bias"] = 0f,
            [architecture + "pooling_type"] = 0u,
            [architecture + "attention.causal"] = true,
            [architecture + "warp_drive"] = 9u,
        };
        int blocks = expected.Blocks.Count;
        foreach (string key in (string[])["attention.head_count", "attention.head_count_kv", "feed_forward_length"])
        {
            if (changed.TryGetValue(architecture + key, out object? value) && value is not Array)
            {
                var list = Array.CreateInstance(value.GetType(), blocks);
                for (int i = 0; i < blocks; i++)
                {
                    list.SetValue(value, i);
                }

                changed[architecture + key] = list;
            }
        }

        if (expected.Blocks[0].Mixer is AttentionLayerSpec attention)
        {
            changed[architecture + "attention.scale"] = attention.Scale ?? (1 / MathF.Sqrt(attention.HeadSize)); // what it does anyway
        }

        DecoderSpec spec = Read(changed, out IReadOnlyList<string> unknown);
        Assert.Equal([architecture + "warp_drive"], unknown);
        Assert.Equal(expected.Blocks.Select(block => block.Mixer.ToString()), spec.Blocks.Select(block => block.Mixer.ToString()));
        Assert.Equal(expected.Blocks.Select(block => block.FeedForward?.Size), spec.Blocks.Select(block => block.FeedForward?.Size));

        foreach ((string key, object value) in (ReadOnlySpan<(string, object)>)[("residual_scale", 0.5f), ("attention.causal", false), ("attention.max_alibi_bias", 8f)])
        {
            ModelFormatException e = Assert.Throws<ModelFormatException>(
                () => Read(new(model.Metadata) { [architecture + key] = value }, out _));
            Assert.Equal(architecture + key, e.Tensor);
        }

        DecoderSpec Read(Dictionary<string, object> metadata, out IReadOnlyList<string> told)
        {
            GgufConfig config = new(metadata, model.Checkpoint, "model.gguf");
            ModelFamily family = ModelFamily.OfGguf(config.Architecture, "model.gguf").InGguf(config);
            family.ReadGguf(config);
            ConfigReader reader = config.ToReader();
            DecoderSpec read = family.Read(reader);
            told = [.. config.CheckUnread(read), .. reader.CheckUnread(read)];
            return read;
        }
    }

    [Theory]
    [InlineData("do_sample", "\"yes\"")]
    [InlineData("do_sample", "1")]
    [InlineData("temperature", "-0.5")]
    [InlineData("temperature", "\"0.7\"")]
    [InlineData("temperature", "1e999")]
    [InlineData("temperature", "\"NaN\"")]
    [InlineData("temperature", "[0.7]")]
    [InlineData("top_k", "-1")]
    [InlineData("top_k", "2.5")]
    [InlineData("top_k", "\"50\"")]
    [InlineData("top_p", "0")]
    [InlineData("top_p", "1.01")]
    [InlineData("top_p", "-0.1")]
    [InlineData("top_p", "true")]
    [InlineData("min_p", "-0.1")]
    [InlineData("min_p", "1.5")]
    [InlineData("repetition_penalty", "0")]
    [InlineData("repetition_penalty", "-1")]
    [InlineData("stop_strings", "[1]")]
    public void A_bad_value_of_a_generation_is_told_with_file_and_key(string key, string value)
    {
        using var json = JsonDocument.Parse($"{{\"{key}\": {value}}}");
        ModelFormatException e = Assert.Throws<ModelFormatException>(() => GenerationConfig.Read(json.RootElement, "here/generation_config.json"));
        Assert.Equal(("here/generation_config.json", key), (e.File, e.Tensor));
    }

    [Fact]
    public void A_generation_is_read()
    {
        using var json = JsonDocument.Parse("""
            {"do_sample": false, "temperature": 1.5, "top_k": 50.0, "top_p": null, "min_p": 0.1, "repetition_penalty": 1.1, "stop_strings": "END"}
            """);
        GenerationConfig read = GenerationConfig.Read(json.RootElement, "generation_config.json");
        Assert.Equal((false, 1.5f, 50, null, 0.1f, 1.1f), (read.Samples, read.Temperature, read.TopK, read.TopP, read.MinP, read.RepetitionPenalty));
        Assert.Equal(["END"], read.StopStrings);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_memory_of_a_text_is_known_before_anything_is_loaded(string name)
    {
        using ModelSource source = ModelSource.Open(GoldenCase.Of(name).Folder);
        using CpuBackend backend = new(new CpuBackendOptions { Threads = 1 });
        BlockRange all = new(0, source.Spec.Blocks.Count - 1);
        using DecoderSpan span = DecoderSpan.Load(source, all, backend);
        using SessionCache session = span.Open(new BlockSessionOptions(all, 64));
        Assert.Equal(session.Bytes, source.Spec.CacheBytes(64));
    }

    private static IReadOnlyList<string> Unread(string keys)
    {
        using var document = JsonDocument.Parse($"{{{Llama}, {keys}}}");
        ConfigReader config = new(document.RootElement, "config.json");
        DecoderSpec model = ModelFamily.Of("llama", config.File).Read(config);
        config.Ignore("model_type");
        return config.CheckUnread(model);
    }
}
