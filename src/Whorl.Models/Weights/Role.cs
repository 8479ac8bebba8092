namespace Whorl.Models;

/// <summary>What a weight is to its model: the names by which layers ask for weights and <see cref="WeightMap"/> finds them.</summary>
/// <remarks>
/// Some are put together: <c>expert_</c> or <c>shared_</c> before a feed-forward layer's, <c>_down</c> and <c>_up</c> behind a low-rank
/// one's.
/// </remarks>
internal static class Role
{
    // Outside the blocks.
    public const string Embedding = "embedding";
    public const string EmbeddingNorm = "embedding_norm";
    public const string Positions = "positions";
    public const string ProjectIn = "project_in";
    public const string ProjectOut = "project_out";
    public const string FinalNorm = "final_norm";
    public const string Head = "head";

    // Of every block, where it has them.
    public const string InputNorm = "input_norm";
    public const string MixerNorm = "mixer_norm";
    public const string MixerPostNorm = "mixer_post_norm";
    public const string FeedForwardNorm = "feed_forward_norm";
    public const string FeedForwardPostNorm = "feed_forward_post_norm";

    // Of attention.
    public const string Query = "query";
    public const string Key = "key";
    public const string Value = "value";
    public const string Output = "output";
    public const string QueryNorm = "query_norm";
    public const string KeyNorm = "key_norm";
    public const string AttentionInnerNorm = "attention_inner_norm";
    public const string Sinks = "sinks";
    public const string QueryAdapter = "query_adapter";
    public const string KeyAdapter = "key_adapter";
    public const string ValueAdapter = "value_adapter";
    public const string RopeDivisors = "rope_divisors";
    public const string RopeDivisorsShort = "rope_divisors_short";
    public const string RopeDivisorsLong = "rope_divisors_long";

    // Of latent attention.
    public const string QueryLatent = "query_latent";
    public const string QueryLatentNorm = "query_latent_norm";
    public const string QueryRotary = "query_rotary";
    public const string QueryPlain = "query_plain";
    public const string KeyRotary = "key_rotary";
    public const string Latent = "latent";
    public const string LatentNorm = "latent_norm";
    public const string KeyUp = "key_up";
    public const string ValueUp = "value_up";
    public const string KeyUpSplit = "key_up_split";
    public const string ValueUpSplit = "value_up_split";

    // Of feed-forward layers.
    public const string Gate = "gate";
    public const string Up = "up";
    public const string Down = "down";
    public const string FeedForwardInnerNorm = "feed_forward_inner_norm";
    public const string FeedForwardMix = "feed_forward_mix";
    public const string GateAdapter = "gate_adapter";
    public const string UpAdapter = "up_adapter";

    // Of mixtures of experts.
    public const string Router = "router";
    public const string ScoreBias = "score_bias";
    public const string ExpertGate = "expert_gate";
    public const string ExpertUp = "expert_up";
    public const string ExpertDown = "expert_down";
    public const string SharedRouter = "shared_router";
    public const string SharedGate = "shared_gate";
    public const string SharedUp = "shared_up";
    public const string SharedDown = "shared_down";

    // Of Mamba's mixers.
    public const string ScanInput = "scan_input";
    public const string ScanGate = "scan_gate";
    public const string ScanMixed = "scan_mixed";
    public const string Convolution = "convolution";
    public const string Step = "step";
    public const string StepLow = "step_low";
    public const string StepBias = "step_bias";
    public const string StepNorm = "step_norm";
    public const string ScanB = "scan_b";
    public const string ScanBNorm = "scan_b_norm";
    public const string ScanC = "scan_c";
    public const string ScanCNorm = "scan_c_norm";
    public const string ScanRates = "scan_rates";
    public const string ScanRatesLog = "scan_rates_log";
    public const string ScanDirect = "scan_direct";
    public const string ScanNorm = "scan_norm";
    public const string ScanOutput = "scan_output";

    // Of RWKV's mixers.
    public const string Receptance = "receptance";
    public const string HeadNorm = "head_norm";
    public const string MixReceptance = "mix_receptance";
    public const string MixDecay = "mix_decay";
    public const string MixKey = "mix_key";
    public const string MixValue = "mix_value";
    public const string MixRate = "mix_rate";
    public const string MixGate = "mix_gate";
    public const string Decay = "decay";
    public const string DecayDown = "decay_down";
    public const string DecayUp = "decay_up";
    public const string DecayBias = "decay_bias";
    public const string Rate = "rate";
    public const string RateDown = "rate_down";
    public const string RateUp = "rate_up";
    public const string RateBias = "rate_bias";
    public const string GateDown = "gate_down";
    public const string GateUp = "gate_up";
    public const string ValueMix = "value_mix";
    public const string ValueMixDown = "value_mix_down";
    public const string ValueMixUp = "value_mix_up";
    public const string ValueMixBias = "value_mix_bias";
    public const string RemovalKey = "removal_key";
    public const string KeyRate = "key_rate";
    public const string Bonus = "bonus";

    // Of a transformer that several blocks share.
    public const string SharedNorm = "shared_norm";
    public const string SharedOutput = "shared_output";
}
