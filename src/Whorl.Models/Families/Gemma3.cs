using System.Text.Json.Nodes;

namespace Whorl.Models.Families;

/// <summary>
/// Gemma 3: Gemma 2 with norms on queries and keys instead of soft caps; local blocks rotate otherwise than global ones. The text model
/// alone.
/// </summary>
/// <remarks>Source: Gemma team, arXiv:2503.19786; transformers' modeling_gemma3.py.</remarks>
internal sealed class Gemma3 : ModelFamily
{
    public override string ModelType => "gemma3_text";

    public override IReadOnlyList<string> Aliases => ["gemma3"];

    public override IReadOnlyList<string> GgufArchitectures => ["gemma3"];

    public override DecoderSpec Read(ConfigReader config)
    {
        if (config.Object("text_config") is not { } text)
        {
            return ReadText(config);
        }

        // The model with a vision tower: its text model is all there is here, so what else its config says is of no matter.
        config.Ignore(
            "vision_config", "mm_tokens_per_image", "boi_token_index", "eoi_token_index", "image_token_index", "image_token_id",
            "tie_word_embeddings");
        return ReadText(text);
    }

    public override WeightMap Weights(DecoderSpec spec) => Gemma2.FourNorms(WeightMap.Llama(
        "",
        prefixes: ["model.", "language_model.model.", "model.language_model."], // with a vision tower, old and new
        otherTowers: ["vision_tower.", "multi_modal_projector.", "model.vision_tower.", "model.multi_modal_projector."]));

    public override void ReadGguf(GgufConfig config)
    {
        config.Copy("final_logit_softcapping", "final_logit_softcapping");
        config.Copy("rope.freq_base_swa", "rope_local_base_freq");
        if (config.Flags("attention.sliding_window_pattern") is { } slides)
        {
            config.Set("layer_types", new JsonArray([.. slides.Select(own => (JsonNode)(own ? WindowConfig.Sliding : WindowConfig.Full))]));
        }
        else
        {
            config.Copy("attention.sliding_window_pattern", "sliding_window_pattern");
        }

        Gemma2.ScoreScale(config, blocksOf27B: 62);
    }

    private static DecoderSpec ReadText(ConfigReader config)
    {
        config.Assume("vocab_size", 262_208);
        config.Assume("num_attention_heads", 8);
        config.Assume("num_key_value_heads", 4);
        config.Assume("head_dim", 256);
        config.Assume("query_pre_attn_scalar", 256);
        config.Assume("sliding_window", 4096);
        config.Assume("max_position_embeddings", 131_072);
        config.Assume("rope_theta", 1_000_000);
        int pattern = config.Int("sliding_window_pattern|_sliding_window_pattern", 6, minimum: 1);
        Func<int, bool> slides = WindowConfig.Slides(config, block => (block + 1) % pattern != 0);
        Func<int, int> window = WindowConfig.Read(config, slides);
        Func<string, NormSpec> norm = Gemma.Norms(config);
        RopeSpec local = RopeConfig.ReadSliding(config, config.Count("head_dim"), config.Positive("rope_local_base_freq", 10_000));
        return Gemma2.ReadKin(config, norm, (block, attention) => attention with
        {
            QueryNorm = norm(Role.QueryNorm) with { Group = attention.HeadSize },
            KeyNorm = norm(Role.KeyNorm) with { Group = attention.HeadSize },
            Window = window(block),
            Rope = slides(block) ? local : attention.Rope,
        });
    }
}
