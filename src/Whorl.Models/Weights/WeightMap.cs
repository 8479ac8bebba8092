using System.Globalization;

namespace Whorl.Models;

/// <summary>What a checkpoint calls the weights of a model: a source for each role the layers ask for.</summary>
/// <remarks>
/// Roles of the ends: <c>embedding, embedding_norm, positions, project_in, project_out, final_norm, head</c>; of every block: those its
/// norms carry, <c>gate, up, down</c>, with experts <c>router, expert_gate, expert_up, expert_down</c>, with a shared one
/// <c>shared_gate, shared_up, shared_down</c>; of its mixer: what the mixer's spec says.
/// </remarks>
public sealed class WeightMap
{
    private readonly Dictionary<string, WeightSource> _sources = [];
    private readonly Dictionary<(int Block, string Role), WeightSource> _ofBlocks = [];

    /// <summary>Prefixes that the names may carry in one checkpoint and lack in another; the first that fits is taken.</summary>
    public IReadOnlyList<string> Prefixes { get; init; } = [""];

    /// <summary>
    /// What begins the names of a block's tensors, <c>{0}</c> standing for its number: a tensor under it that nothing uses is refused.
    /// </summary>
    public required string BlockPrefix { get; init; }

    /// <summary>Ends of the names of tensors that checkpoints carry along and that mean nothing (buffers).</summary>
    public IReadOnlyList<string> IgnoredSuffixes { get; init; } = [".rotary_emb.inv_freq"];

    /// <summary>Beginnings of the names of tensors that are of another model in the checkpoint: a vision tower and its like.</summary>
    public IReadOnlyList<string> OtherTowers { get; init; } = [];

    /// <summary>
    /// Parts of the names of tensors that several blocks share: they carry the number of one of them, though another may be who uses them.
    /// </summary>
    public IReadOnlyList<string> SharedParts { get; init; } = [];

    /// <summary>The source of a role.</summary>
    /// <exception cref="KeyNotFoundException">The family's map lacks it.</exception>
    public WeightSource this[string role]
    {
        get => _sources.TryGetValue(role, out WeightSource? source)
            ? source
            : throw new KeyNotFoundException($"no weight name for the role '{role}'");
        set => _sources[role] = value;
    }

    /// <summary>The source of a role in a block: the block's own, or the one that goes for all.</summary>
    /// <exception cref="KeyNotFoundException">The family's map lacks it.</exception>
    public WeightSource Of(string role, int block) => _ofBlocks.TryGetValue((block, role), out WeightSource? source) ? source : this[role];

    /// <summary>Whether the map knows the role.</summary>
    public bool Has(string role, int block = 0) => _sources.ContainsKey(role) || _ofBlocks.ContainsKey((block, role));

    /// <summary>Sources of one block, whose names the family builds whole.</summary>
    public WeightMap OfBlock(int block, params IEnumerable<(string Role, WeightSource Source)> sources)
    {
        foreach ((string role, WeightSource source) in sources)
        {
            _ofBlocks[(block, role)] = source;
        }

        return this;
    }

    /// <summary>Names for many roles at once: each is put behind the block's prefix.</summary>
    public WeightMap Block(params ReadOnlySpan<(string Role, string Name)> names)
    {
        foreach ((string role, string name) in names)
        {
            _sources[role] = new WeightSource(BlockPrefix + name);
        }

        return this;
    }

    /// <summary>Names of the weights outside blocks.</summary>
    public WeightMap Ends(params ReadOnlySpan<(string Role, string Name)> names)
    {
        foreach ((string role, string name) in names)
        {
            _sources[role] = new WeightSource(name);
        }

        return this;
    }

    /// <summary>Takes roles out of one fused tensor.</summary>
    public WeightMap Fused(string name, params ReadOnlySpan<(string Role, RowOrder Rows)> parts)
    {
        foreach ((string role, RowOrder rows) in parts)
        {
            _sources[role] = new WeightSource(BlockPrefix + name, rows);
        }

        return this;
    }

    /// <summary>Changes the sources of some roles.</summary>
    public WeightMap With(Func<WeightSource, WeightSource> change, params ReadOnlySpan<string> roles)
    {
        foreach (string role in roles)
        {
            _sources[role] = change(this[role]);
        }

        return this;
    }

    /// <summary>Names of tensors that hold the weights of all experts (or heads), put behind the block's prefix.</summary>
    public WeightMap Stacked(params ReadOnlySpan<(string Role, string Name)> names)
    {
        foreach ((string role, string name) in names)
        {
            _sources[role] = new WeightSource(BlockPrefix + name) { Stacked = true };
        }

        return this;
    }

    /// <summary>The names that Llama and its relatives use on the hub.</summary>
    /// <param name="trunk">What stands before the names of everything but the head.</param>
    /// <param name="prefixes">What may stand before every name, the first that fits is taken; nothing for none.</param>
    /// <param name="otherTowers">See <see cref="OtherTowers"/>; null for none.</param>
    public static WeightMap Llama(
        string trunk = "model.", IReadOnlyList<string>? prefixes = null, IReadOnlyList<string>? otherTowers = null) =>
        new WeightMap { BlockPrefix = trunk + "layers.{0}.", Prefixes = prefixes ?? [""], OtherTowers = otherTowers ?? [] }
        .Ends((Role.Embedding, trunk + "embed_tokens"), (Role.FinalNorm, trunk + "norm"), (Role.Head, "lm_head"))
        .Block(
            (Role.MixerNorm, "input_layernorm"), (Role.Query, "self_attn.q_proj"), (Role.Key, "self_attn.k_proj"),
            (Role.Value, "self_attn.v_proj"),
            (Role.Output, "self_attn.o_proj"), (Role.QueryNorm, "self_attn.q_norm"), (Role.KeyNorm, "self_attn.k_norm"),
            (Role.FeedForwardNorm, "post_attention_layernorm"), (Role.Gate, "mlp.gate_proj"), (Role.Up, "mlp.up_proj"),
            (Role.Down, "mlp.down_proj"));

    /// <summary>The names of GGUF files, the same for nearly all architectures. Source: gguf-py, constants.py.</summary>
    public static WeightMap Gguf() => new WeightMap { BlockPrefix = "blk.{0}.", SharedParts = ["rope_freqs.", "rope_factors_"] }
        .Ends(
            (Role.Embedding, "token_embd"), (Role.EmbeddingNorm, "token_embd_norm"), (Role.Positions, "position_embd"),
            (Role.FinalNorm, "output_norm"),
            (Role.Head, "output"),
            (Role.RopeDivisors, "rope_freqs"), (Role.RopeDivisorsShort, "rope_factors_short"), (Role.RopeDivisorsLong, "rope_factors_long"))
        .Block(
            (Role.MixerNorm, "attn_norm"), (Role.Query, "attn_q"), (Role.Key, "attn_k"), (Role.Value, "attn_v"),
            (Role.Output, "attn_output"),
            (Role.QueryNorm, "attn_q_norm"), (Role.KeyNorm, "attn_k_norm"), (Role.MixerPostNorm, "post_attention_norm"),
            (Role.FeedForwardNorm, "ffn_norm"),
            (Role.FeedForwardPostNorm, "post_ffw_norm"), (Role.Gate, "ffn_gate"), (Role.Up, "ffn_up"), (Role.Down, "ffn_down"),
            (Role.Router, "ffn_gate_inp"), (Role.SharedRouter, "ffn_gate_inp_shexp"), (Role.SharedGate, "ffn_gate_shexp"),
            (Role.SharedUp, "ffn_up_shexp"),
            (Role.SharedDown, "ffn_down_shexp"))
        .Stacked((Role.ExpertGate, "ffn_gate_exps"), (Role.ExpertUp, "ffn_up_exps"), (Role.ExpertDown, "ffn_down_exps"));

    /// <summary>Adds the weights of a Mamba-1 mixer as they are called on the hub.</summary>
    /// <param name="mamba">The mixer's shape.</param>
    /// <param name="name">What their names begin with behind the block's prefix, with its dot.</param>
    internal WeightMap Mamba(MambaSpec mamba, string name) => MambaParts(mamba, name + "in_proj", name + "x_proj")
        .Block(
            (Role.Convolution, name + "conv1d"), (Role.Step, name + "dt_proj"), (Role.ScanRatesLog, name + "A_log"),
            (Role.ScanDirect, name + "D"),
            (Role.ScanOutput, name + "out_proj"),
            (Role.StepNorm, name + "dt_layernorm"), (Role.ScanBNorm, name + "b_layernorm"), (Role.ScanCNorm, name + "c_layernorm"))
        .With(source => source with { Suffix = "" }, Role.ScanRatesLog, Role.ScanDirect);

    /// <summary>Adds the weights of a Mamba-1 mixer as they are called in GGUF files, where the rates are not logarithms.</summary>
    internal WeightMap GgufMamba(MambaSpec mamba) => MambaParts(mamba, "ssm_in", "ssm_x")
        .Block(
            (Role.Convolution, "ssm_conv1d"), (Role.Step, "ssm_dt"), (Role.ScanRates, "ssm_a"), (Role.ScanDirect, "ssm_d"),
            (Role.ScanOutput, "ssm_out"),
            (Role.StepNorm, "ssm_dt_norm"), (Role.ScanBNorm, "ssm_b_norm"), (Role.ScanCNorm, "ssm_c_norm"))
        .With(source => source with { Suffix = "" }, Role.ScanRates, Role.ScanDirect);

    private WeightMap MambaParts(MambaSpec mamba, string input, string projection) => Fused(
            input, RowOrder.InTurn((Role.ScanInput, mamba.Channels), (Role.ScanGate, mamba.Channels)))
        .Fused(projection, RowOrder.InTurn((Role.StepLow, mamba.StepRank), (Role.ScanB, mamba.StateSize), (Role.ScanC, mamba.StateSize)));

    /// <summary>Whether a tensor belongs to a block.</summary>
    internal bool IsOfBlock(string name, int block)
    {
        string start = string.Format(CultureInfo.InvariantCulture, BlockPrefix, block);
        return Prefixes.Any(prefix => name.StartsWith(prefix + start, StringComparison.Ordinal));
    }

    /// <summary>
    /// Whether a tensor is not asked for by the block whose number it carries, as it means nothing or another block uses it.
    /// </summary>
    internal bool IsIgnored(string name) =>
        IgnoredSuffixes.Any(s => name.EndsWith(s, StringComparison.Ordinal))
        || (SharedParts.Any(p => name.Contains(p, StringComparison.Ordinal))
            && _ofBlocks.Values.Any(source => name == source.Name + source.Suffix || name == source.Name + source.BiasSuffix));

    /// <summary>Whether a tensor is of another model in the checkpoint.</summary>
    internal bool IsOfOtherTower(string name) => OtherTowers.Any(tower => name.StartsWith(tower, StringComparison.Ordinal));

    /// <summary>The name of a role's layer, before any prefix: its tensors' without <c>.weight</c>.</summary>
    internal string LayerName(string role, int block, int expert) =>
        string.Format(CultureInfo.InvariantCulture, Of(role, block).Name, block, expert);

    /// <summary>The name of a role's tensor, before any prefix.</summary>
    internal string Name(string role, int block, int expert, bool bias)
    {
        WeightSource source = Of(role, block);
        return LayerName(role, block, expert) + (bias ? source.BiasSuffix : source.Suffix);
    }
}
