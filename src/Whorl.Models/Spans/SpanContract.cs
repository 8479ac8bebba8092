using Whorl.Tensors;

namespace Whorl.Models;

/// <summary>What decides whether two spans compute the same bytes: the weights, and two formats.</summary>
/// <param name="Fingerprint">Of the model: config, and name, type and shape of every tensor; 64 hexadecimal digits.</param>
/// <param name="Activations">In what form activations meet quantised weights.</param>
/// <param name="Boundary">How hidden states are rounded at every block boundary.</param>
public sealed record SpanContract(string Fingerprint, ActivationFormat Activations, BoundaryFormat Boundary)
{
    /// <summary>The contract in canonical text: a line <c>name value</c> for each of its fields, in the order of the names. Equal texts, equal bytes.</summary>
    public string Text =>
        $"activations {(Activations == ActivationFormat.F32 ? "f32" : "q8")}\nboundary {(Boundary == BoundaryFormat.BF16 ? "bf16" : "f32")}\nweights {Fingerprint}\n";
}
