using Whorl.Models;

namespace Whorl.Cli.Engine;

/// <summary>How many tokens a session is to hold.</summary>
internal static class ContextWindow
{
    private const int OfChats = 4096;

    /// <summary>Warns of a length beyond what the model was made for; where it has learned positions and no more, refuses it.</summary>
    /// <exception cref="CliException">There are no positions for so many tokens.</exception>
    public static void Check(ModelSource model, TextRequest request) => Check(model.Spec, request.Context);

    /// <inheritdoc cref="Check(ModelSource, TextRequest)"/>
    public static void Check(DecoderSpec model, int? context)
    {
        if (model.Positions is { } learned && context > learned.Count)
        {
            throw new CliException(
                $"--context is {context}, but the model has learned {learned.Count} positions and no more; give at most so many");
        }

        if (context > model.LongestText)
        {
            Console.Error.WriteLine(
                $"whorl: --context is {context}, but the model was made for texts of {model.LongestText} tokens; "
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
