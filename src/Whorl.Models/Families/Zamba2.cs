using Whorl.Tensors;

namespace Whorl.Models.Families;

/// <summary>
/// Zamba2: Mamba-2 throughout, with one or two transformer blocks that are used again and again, each time with adapters of their own.
/// </summary>
/// <remarks>
/// The embeddings, which the transformer blocks read beside the residual stream, are the side value that crosses block boundaries.
/// Source: Glorioso et al., arXiv:2411.15242; transformers' modeling_zamba2.py.
/// </remarks>
internal sealed class Zamba2 : ModelFamily
{
    private const string Hybrid = "hybrid";

    public override string ModelType => "zamba2";

    public override DecoderSpec Read(ConfigReader config)
    {
        int hidden = config.Int("hidden_size"), blocks = config.Count("num_hidden_layers");
        int copies = config.Count("num_mem_blocks", absent: 1);
        Func<string, NormSpec> norm = NormConfig.RootMeanSquare(config, 1e-5);
        Mamba2Spec mixer = Mixer(config, hidden);
        SharedTransformerSpec shared = Shared(config, hidden, norm);
        IReadOnlyList<string> kinds = Kinds(config, blocks);
        return new DecoderSpec
        {
            HiddenSize = hidden,
            SideSize = hidden,
            SideIsEmbedding = true,
            SharedCopies = copies,
            VocabularySize = config.Int("vocab_size"),
            ContextLength = config.ContextLength(),
            TiedHead = config.Flag("tie_word_embeddings", true),
            FinalNorm = norm(Role.FinalNorm),
            Blocks =
            [
                .. kinds.Select(kind => new BlockSpec
                {
                    Mixer = mixer,
                    MixerNorm = norm(Role.MixerNorm),
                    Shared = kind == Hybrid ? shared : null,
                }),
            ],
        };
    }

    public override WeightMap Weights(DecoderSpec spec)
    {
        var mixer = (Mamba2Spec)spec.Blocks[0].Mixer;
        WeightMap map = new WeightMap { BlockPrefix = "model.layers.{0}.", SharedParts = [".shared_transformer."] }
            .Ends((Role.Embedding, "model.embed_tokens"), (Role.FinalNorm, "model.final_layernorm"), (Role.Head, "lm_head"));
        int[] hybrids = [.. Enumerable.Range(0, spec.Blocks.Count).Where(block => spec.Blocks[block].Shared is not null)];
        for (int block = 0; block < spec.Blocks.Count; block++)
        {
            int ordinal = Array.IndexOf(hybrids, block);
            string own = $"model.layers.{block}.", decoder = ordinal < 0 ? own : own + "mamba_decoder.";
            map.OfBlock(block, [(Role.MixerNorm, new WeightSource(decoder + "input_layernorm")), .. MambaNames(mixer, decoder + "mamba.")]);
            if (ordinal >= 0)
            {
                // The weights stand once, under the first block that uses them.
                string owner = $"model.layers.{hybrids[ordinal % spec.SharedCopies]}.shared_transformer.";
                map.OfBlock(block, (Role.SharedOutput, new WeightSource(own + "linear")))
                    .OfBlock(block, SharedNames(spec.Blocks[block].Shared!, owner, ordinal));
            }
        }

        return map;
    }

    private static Mamba2Spec Mixer(ConfigReader config, int hidden)
    {
        int channels = config.Int("mamba_expand", absent: 2, minimum: 1, maximum: 16) * hidden;
        int heads = config.Divisor("n_mamba_heads", channels, absent: 8), groups = config.Divisor("mamba_ngroups", heads, absent: 1);
        config.Require("mamba_headdim", $"{channels / heads}");
        config.Ignore(
            "chunk_size", "use_mem_eff_path", "use_mamba_kernels", "num_logits_to_keep", "time_step_min", "time_step_max",
            "time_step_floor");
        IReadOnlyList<double>? limits = config.Numbers("time_step_limit");
        return new Mamba2Spec
        {
            Heads = heads,
            HeadSize = channels / heads,
            StateSize = config.Count("mamba_d_state", absent: 64),
            Groups = groups,
            Taps = config.Count("mamba_d_conv", absent: 4),
            ConvolutionBias = config.Flag("use_conv_bias", true),
            ProjectionBias = config.Flag("add_bias_linear", false),
            StepLimits = limits is null ? (0, float.PositiveInfinity)
                : limits is [var least, var greatest] ? ((float)least, (float)greatest)
                : throw config.Unsupported("time_step_limit", "two numbers"),
            OutputNorm = new NormSpec(Role.ScanNorm, 1e-5f) { Group = channels / groups, GainPerColumn = true }, // an ε of its own
        };
    }

    private static SharedTransformerSpec Shared(ConfigReader config, int hidden, Func<string, NormSpec> norm)
    {
        int heads = config.Divisor("num_attention_heads", 2 * hidden), headSize = 2 * hidden / heads;
        int rank = config.Int("adapter_rank", absent: 128, minimum: 1);
        bool rotates = config.Flag("use_mem_rope", false), isLong = config.Flag("use_long_context", false);

        // These follow from the others.
        config.Ignore("attention_head_dim", "attention_hidden_size", "ffn_hidden_size", "kv_channels", "num_query_groups");
        RopeSpec rope = RopeConfig.Read(config, headSize);
        rope = isLong ? rope with { Theta = rope.Theta * PortableMath.Pow(8, headSize / (headSize - 2.0)) } : rope;
        return new SharedTransformerSpec
        {
            Attention = new AttentionLayerSpec
            {
                Heads = heads,
                KeyValueHeads = config.Divisor("num_key_value_heads", heads, absent: heads),
                HeadSize = headSize,
                Rope = rotates ? rope : null,
                Scale = (float)(1 / Math.Sqrt(headSize / 2.0)),
                AdapterRank = config.Flag("use_shared_attention_adapter", false) ? rank : 0,
            },
            FeedForward = new FeedForwardSpec
            {
                Size = config.Int("intermediate_size", 4 * hidden, minimum: 1),
                Activation = ActivationConfig.Read(config, "hidden_act", "gelu"),
                AdapterRank = config.Flag("use_shared_mlp_adapter", false) ? rank : 0,
            },
            InputNorm = norm(Role.SharedNorm),
            FeedForwardNorm = norm(Role.FeedForwardNorm),
        };
    }

    /// <summary>What each block is: <c>hybrid</c>, or Mamba alone, which transformers 5 calls <c>linear_attention</c>.</summary>
    private static IReadOnlyList<string> Kinds(ConfigReader config, int blocks)
    {
        IReadOnlyList<double>? hybrids = config.Numbers("hybrid_layer_ids");
        IReadOnlyList<string> kinds = config.Texts("layers_block_type")
            ?? [.. Enumerable.Range(0, blocks).Select(block => hybrids?.Contains(block) == true ? Hybrid : "mamba")];
        return kinds.Count == blocks && kinds.All(kind => kind is Hybrid or "mamba" or "linear_attention")
            ? kinds
            : throw config.Unsupported("layers_block_type", $"{blocks} of mamba, {Hybrid}");
    }

    private static IEnumerable<(string Role, WeightSource Source)> MambaNames(Mamba2Spec mixer, string prefix)
    {
        foreach ((string role, RowOrder rows) in RowOrder.InTurn(
            (Role.ScanGate, mixer.Channels), (Role.ScanMixed, mixer.MixedChannels), (Role.Step, mixer.Heads)))
        {
            yield return (role, new WeightSource(prefix + "in_proj", rows));
        }

        yield return (Role.Convolution, new WeightSource(prefix + "conv1d"));
        yield return (Role.ScanNorm, new WeightSource(prefix + "norm"));
        yield return (Role.ScanOutput, new WeightSource(prefix + "out_proj"));
        yield return (Role.StepBias, new WeightSource(prefix + "dt_bias") { Suffix = "" });
        yield return (Role.ScanRatesLog, new WeightSource(prefix + "A_log") { Suffix = "" });
        yield return (Role.ScanDirect, new WeightSource(prefix + "D") { Suffix = "" });
    }

    /// <summary>Names of a transformer block's weights, and of its adapters for one of the blocks that use it.</summary>
    private static IEnumerable<(string Role, WeightSource Source)> SharedNames(SharedTransformerSpec shared, string owner, int ordinal)
    {
        int size = shared.FeedForward.Size;
        string attention = owner + "self_attn.", feedForward = owner + "feed_forward.", adapter = $"_adapter_list.{ordinal}.";
        yield return (Role.SharedNorm, new WeightSource(owner + "input_layernorm"));
        yield return (Role.FeedForwardNorm, new WeightSource(owner + "pre_ff_layernorm"));
        yield return (Role.Output, new WeightSource(attention + "o_proj"));
        yield return (Role.Down, new WeightSource(feedForward + "down_proj"));
        foreach (string role in (string[])[Role.Query, Role.Key, Role.Value])
        {
            yield return (role, new WeightSource($"{attention}{role[0]}_proj"));
            if (shared.Attention.AdapterRank > 0)
            {
                yield return (role + "_adapter_down", new WeightSource($"{attention}linear_{role[0]}{adapter}0"));
                yield return (role + "_adapter_up", new WeightSource($"{attention}linear_{role[0]}{adapter}1"));
            }
        }

        foreach ((string role, RowOrder rows) in RowOrder.InTurn((Role.Gate, size), (Role.Up, size)))
        {
            yield return (role, new WeightSource(feedForward + "gate_up_proj", rows));
            if (shared.FeedForward.AdapterRank > 0)
            {
                yield return (role + "_adapter_down", new WeightSource($"{feedForward}gate_up_proj{adapter}0"));
                yield return (role + "_adapter_up", new WeightSource($"{feedForward}gate_up_proj{adapter}1", rows));
            }
        }
    }
}
