using Whorl.Models;

namespace Whorl.Cli.Engine;

/// <summary>How many tokens a session is to hold.</summary>
internal static class ContextWindow
{
    private const int OfChats = 4096;

    /// <summary>Warns of a length beyond what the model was made for; where it has learned positions and no more, refuses it.</summary>
    /// <exception cref="CliException">There are no positions for so many tokens.</exception>
    public static void Check(ModelSource model, TextRequest request)
    {
        if (model.Spec.Positions is { } learned && request.Context > learned.Count)
        {
            throw new CliException(
                $"--context is {request.Context}, but the model has learned {learned.Count} positions and no more; give at most so many");
        }

        if (request.Context > model.Spec.LongestText)
        {
            Console.Error.WriteLine(
                $"whorl: --context is {request.Context}, but the model was made for texts of {model.Spec.LongestText} tokens; "
                + "beyond them it may write nonsense");
        }
    }

    /// <summary>For a single text.</summary>
    public static int OfText(LocalEngine engine, TextRequest request, int prompt) =>
        request.Context ?? (int)Math.Min((long)prompt + (request.MaxTokens ?? TextRequest.UsualMaxTokens), engine.Model.ContextLength ?? int.MaxValue);

    /// <summary>For a conversation.</summary>
    public static int OfChat(LocalEngine engine, TextRequest request) =>
        request.Context ?? Math.Min(engine.Model.ContextLength ?? OfChats, OfChats);
}
