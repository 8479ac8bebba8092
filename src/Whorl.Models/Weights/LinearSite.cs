using Whorl.Tensors;

namespace Whorl.Models;

/// <summary>
/// A linear layer at its place in a model: what is done to some places only (adapters, other forms of weights) finds them by name.
/// </summary>
/// <param name="Role">What the layer is to its block, as in <see cref="WeightMap"/>: <c>query</c>.</param>
/// <param name="Name">
/// What the checkpoint calls it, without <c>.weight</c>: <c>model.layers.3.self_attn.q_proj</c>. Parts of a fused tensor have the same
/// name.
/// </param>
/// <param name="Weight">Its weights.</param>
public sealed record LinearSite(string Role, string Name, LinearWeight Weight);
