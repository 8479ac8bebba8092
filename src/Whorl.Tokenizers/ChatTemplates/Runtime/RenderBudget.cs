using System.Numerics;

namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>What the rendering in progress on this thread may still use.</summary>
/// <remarks>
/// Ambient, because the innermost operations of values (equality, hashing, printing) must be bounded too and have no parameter for it:
/// two lists that share their parts can take exponential time to compare. Rendering is synchronous, so it never leaves its thread.
/// </remarks>
internal sealed class RenderBudget : IDisposable
{
    private const int CharactersPerStep = 8;

    [ThreadStatic]
    private static RenderBudget? _current;

    private readonly RenderBudget? _outer;
    private readonly ChatTemplateLimits _limits;
    private long _stepsLeft;

    private RenderBudget(ChatTemplateLimits limits, RenderBudget? outer)
    {
        _limits = limits;
        _outer = outer;
        _stepsLeft = limits.MaxSteps;
    }

    /// <summary>The longest string or list that may be made.</summary>
    public static int MaxLength => _current?._limits.MaxLength ?? ChatTemplateLimits.Default.MaxLength;

    /// <summary>Starts a rendering; disposing the result ends it.</summary>
    public static RenderBudget Begin(ChatTemplateLimits limits) => _current = new RenderBudget(limits, _current);

    public void Dispose() => _current = _outer;

    /// <summary>Takes steps, and makes sure that the stack has room for one more level.</summary>
    public static void Step(long steps = 1)
    {
        System.Runtime.CompilerServices.RuntimeHelpers.EnsureSufficientExecutionStack();
        if (_current is { } budget && (budget._stepsLeft -= steps) < 0)
        {
            throw ChatTemplateException.Limit($"the template took more than {budget._limits.MaxSteps} steps");
        }
    }

    /// <summary>Accounts for a string or list of the given length before it is made.</summary>
    /// <returns>The length, which now is known to be within the limit.</returns>
    public static int Allocate(BigInteger length)
    {
        if (length > MaxLength)
        {
            throw ChatTemplateException.Limit($"the template made a string or list of {length} elements; the limit is {MaxLength}");
        }

        Step((long)length / CharactersPerStep);
        return (int)length;
    }
}
