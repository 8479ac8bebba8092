using Whorl.Models;

namespace Whorl.Client.Links;

/// <summary>What steps need and sessions can.</summary>
internal static class Abilities
{
    /// <summary>What a session can do: all, where its blocks are in this process.</summary>
    public static SpanAbilities Of(IBlockSession session) => session is IAble able ? able.Abilities : SpanAbilities.All;

    /// <summary>Refuses a step that needs more than a session can, before anything of it is sent.</summary>
    /// <exception cref="NotSupportedException">It does; the message names what is missing, and who lacks it.</exception>
    public static void Require(SpanAbilities has, in StepShape shape, Func<SpanAbilities, string> who)
    {
        SpanAbilities missing = Needed(shape) & ~has;
        if (missing == 0)
        {
            return;
        }

        string what = missing.HasFlag(SpanAbilities.DeepPrompts) ? "takes no deep prompts"
            : missing.HasFlag(SpanAbilities.EveryBlock) ? "answers with what leaves its last block only; open a session a block"
            : missing.HasFlag(SpanAbilities.Trees) ? "computes chains, not trees: each token's parent must be the one before it"
            : "cannot go back to an earlier token";
        throw new NotSupportedException($"{who(missing)} {what}");
    }

    private static SpanAbilities Needed(in StepShape shape) =>
        (shape.PromptRows > 0 ? SpanAbilities.DeepPrompts : 0)
        | (shape.EveryBlock ? SpanAbilities.EveryBlock : 0)
        | (shape.IsScratch && !IsChain(shape.Parents.Span) ? SpanAbilities.Trees : 0);

    /// <summary>Whether each token but the first follows the one before it; whom the first follows is known to the session alone.</summary>
    private static bool IsChain(ReadOnlySpan<int> parents)
    {
        for (int i = 1; i < parents.Length; i++)
        {
            if (parents[i] != parents[i - 1] + 1)
            {
                return false;
            }
        }

        return true;
    }
}
