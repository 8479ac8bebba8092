using Whorl.Generation;
using Whorl.Models;

namespace Whorl;

/// <summary>How many tokens a session is to hold.</summary>
internal static class ContextWindow
{
    private const int OfChats = 4096;

    /// <summary>Warns of a length beyond what the model was made for; where it has learned positions and no more, refuses it.</summary>
    /// <param name="model">The model.</param>
    /// <param name="context">The length; null where nothing was asked.</param>
    /// <param name="warn">Told of the first; null for nobody.</param>
    /// <exception cref="WhorlException">There are no positions for so many tokens.</exception>
    public static void Check(DecoderSpec model, int? context, Action<ModelWarning>? warn)
    {
        if (model.Positions is { } learned && context > learned.Count)
        {
            throw new WhorlException(
                $"the context is to be {context} tokens, but the model has learned {learned.Count} positions and no more; give at most so many");
        }

        if (context > model.LongestText)
        {
            warn?.Invoke(new ModelWarning(
                ModelWarningKind.Use,
                $"the context is to be {context} tokens, but the model was made for texts of {model.LongestText}; beyond them it may write nonsense"));
        }
    }

    /// <summary>For a single text.</summary>
    public static int OfText(ICausalModel model, TextOptions options, int prompt) =>
        options.Context ?? (int)Math.Min((long)prompt + (options.MaxTokens ?? TextOptions.UsualMaxTokens), model.ContextLength ?? int.MaxValue);

    /// <summary>For a conversation.</summary>
    public static int OfChat(ICausalModel model, TextOptions options) => options.Context ?? Math.Min(model.ContextLength ?? OfChats, OfChats);
}
