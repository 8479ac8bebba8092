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
    public static WeightMap Llama(string trunk = "model.", IReadOnlyList<string>? prefixes = null, IReadOnlyList<string>? otherTowers = null) =>
        new WeightMap { BlockPrefix = trunk + "layers.{0}.", Prefixes = prefixes ?? [""], OtherTowers = otherTowers ?? [] }
        .Ends(("embedding", trunk + "embed_tokens"), ("final_norm", trunk + "norm"), ("head", "lm_head"))
        .Block(
            ("mixer_norm", "input_layernorm"), ("query", "self_attn.q_proj"), ("key", "self_attn.k_proj"), ("value", "self_attn.v_proj"),
            ("output", "self_attn.o_proj"), ("query_norm", "self_attn.q_norm"), ("key_norm", "self_attn.k_norm"),
            ("feed_forward_norm", "post_attention_layernorm"), ("gate", "mlp.gate_proj"), ("up", "mlp.up_proj"), ("down", "mlp.down_proj"));

    /// <summary>The names of GGUF files, the same for nearly all architectures. Source: gguf-py, constants.py.</summary>
    public static WeightMap Gguf() => new WeightMap { BlockPrefix = "blk.{0}.", SharedParts = ["rope_freqs.", "rope_factors_"] }
        .Ends(
            ("embedding", "token_embd"), ("embedding_norm", "token_embd_norm"), ("positions", "position_embd"),
            ("final_norm", "output_norm"),
            ("head", "output"),
            ("rope_divisors", "rope_freqs"), ("rope_divisors_short", "rope_factors_short"), ("rope_divisors_long", "rope_factors_long"))
        .Block(
            ("mixer_norm", "attn_norm"), ("query", "attn_q"), ("key", "attn_k"), ("value", "attn_v"), ("output", "attn_output"),
            ("query_norm", "attn_q_norm"), ("key_norm", "attn_k_norm"), ("mixer_post_norm", "post_attention_norm"),
            ("feed_forward_norm", "ffn_norm"),
            ("feed_forward_post_norm", "post_ffw_norm"), ("gate", "ffn_gate"), ("up", "ffn_up"), ("down", "ffn_down"),
            ("router", "ffn_gate_inp"), ("shared_router", "ffn_gate_inp_shexp"), ("shared_gate", "ffn_gate_shexp"),
            ("shared_up", "ffn_up_shexp"),
            ("shared_down", "ffn_down_shexp"))
        .Stacked(("expert_gate", "ffn_gate_exps"), ("expert_up", "ffn_up_exps"), ("expert_down", "ffn_down_exps"));

    /// <summary>Adds the weights of a Mamba-1 mixer as they are called on the hub.</summary>
    /// <param name="mamba">The mixer's shape.</param>
    /// <param name="name">What their names begin with behind the block's prefix, with its dot.</param>
    internal WeightMap Mamba(MambaSpec mamba, string name) => MambaParts(mamba, name + "in_proj", name + "x_proj")
        .Block(
            ("convolution", name + "conv1d"), ("step", name + "dt_proj"), ("scan_rates_log", name + "A_log"), ("scan_direct", name + "D"),
            ("scan_output", name + "out_proj"),
            ("step_norm", name + "dt_layernorm"), ("scan_b_norm", name + "b_layernorm"), ("scan_c_norm", name + "c_layernorm"))
        .With(source => source with { Suffix = "" }, "scan_rates_log", "scan_direct");

    /// <summary>Adds the weights of a Mamba-1 mixer as they are called in GGUF files, where the rates are not logarithms.</summary>
    internal WeightMap GgufMamba(MambaSpec mamba) => MambaParts(mamba, "ssm_in", "ssm_x")
        .Block(
            ("convolution", "ssm_conv1d"), ("step", "ssm_dt"), ("scan_rates", "ssm_a"), ("scan_direct", "ssm_d"),
            ("scan_output", "ssm_out"),
            ("step_norm", "ssm_dt_norm"), ("scan_b_norm", "ssm_b_norm"), ("scan_c_norm", "ssm_c_norm"))
        .With(source => source with { Suffix = "" }, "scan_rates", "scan_direct");

    private WeightMap MambaParts(MambaSpec mamba, string input, string projection) => Fused(
            input, RowOrder.InTurn(("scan_input", mamba.Channels), ("scan_gate", mamba.Channels)))
        .Fused(projection, RowOrder.InTurn(("step_low", mamba.StepRank), ("scan_b", mamba.StateSize), ("scan_c", mamba.StateSize)));

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
    internal string LayerName(string role, int block, int expert) => string.Format(CultureInfo.InvariantCulture, Of(role, block).Name, block, expert);

    /// <summary>The name of a role's tensor, before any prefix.</summary>
    internal string Name(string role, int block, int expert, bool bias)
    {
        WeightSource source = Of(role, block);
        return LayerName(role, block, expert) + (bias ? source.BiasSuffix : source.Suffix);
    }
}
