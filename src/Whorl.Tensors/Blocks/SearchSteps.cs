namespace Whorl.Tensors;

/// <summary>Which scales <see cref="ScaleSearch.WithMinimum"/> tries, and by which error it chooses.</summary>
/// <param name="First">Added to the largest code in the first try.</param>
/// <param name="Step">Added more in each further try.</param>
/// <param name="Count">Number of the last try, counted from 0.</param>
/// <param name="AbsoluteError">Whether sizes of errors are summed, else their squares.</param>
internal readonly record struct SearchSteps(float First, float Step, int Count, bool AbsoluteError);
