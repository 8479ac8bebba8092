namespace Whorl.Tensors;

/// <summary>A linear layer's weights: <c>y = W x + b</c>.</summary>
/// <param name="matrix">W, <c>[outputs, inputs]</c>.</param>
/// <param name="bias">b, <c>[outputs]</c>, or null.</param>
public sealed class LinearWeight(Matrix matrix, Parameter? bias = null) : IDisposable
{
    /// <summary>W, <c>[outputs, inputs]</c>.</summary>
    public Matrix Matrix { get; } = matrix;

    /// <summary>b, <c>[outputs]</c>, or null.</summary>
    public Parameter? Bias { get; } = bias is null || bias.Length == matrix.Rows
        ? bias
        : throw new ShapeMismatchException("linear", $"a bias of {matrix.Rows}", $"{bias.Length}");

    /// <inheritdoc/>
    public void Dispose()
    {
        Matrix.Dispose();
        Bias?.Dispose();
    }
}
