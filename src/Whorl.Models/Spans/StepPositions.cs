using System.Runtime.InteropServices;
using Whorl.Tensors;

namespace Whorl.Models;

/// <summary>Where the tokens of a session's steps stand in its text. Kept by whoever embeds them.</summary>
public sealed class StepPositions
{
    private readonly StepLayout _layout = new();
    private readonly List<int> _parents = [];
    private int _committed;

    /// <summary>
    /// Positions of a step's tokens; a tree's are the committed length and the depth. Nothing is remembered until <see cref="Accept"/>.
    /// </summary>
    /// <returns>A position a row; good until the next call.</returns>
    public ReadOnlySpan<int> Of(BlockStep step)
    {
        _layout.Clear();
        int committed = _committed + (step.HasVerdict ? step.Keep.Length : 0), scratch = step.HasVerdict ? 0 : _parents.Count;
        if (!step.IsScratch)
        {
            _layout.AddChain(committed, step.Rows);
        }
        else if (scratch == 0)
        {
            _layout.AddTree(committed, step.Parents.Span, 0);
        }
        else
        {
            _parents.AddRange(step.Parents.Span);
            try
            {
                _layout.AddTree(committed, CollectionsMarshal.AsSpan(_parents), scratch);
            }
            finally
            {
                _parents.RemoveRange(scratch, step.Parents.Length);
            }
        }

        return _layout.Positions;
    }

    /// <summary>Remembers a step that was computed.</summary>
    public void Accept(BlockStep step)
    {
        if (step.HasVerdict)
        {
            _committed += step.Keep.Length;
            _parents.Clear();
        }

        if (step.IsScratch)
        {
            _parents.AddRange(step.Parents.Span);
        }
        else
        {
            _committed += step.Rows;
        }
    }
}
