using System.Text.Json;

namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>A model's chat template: the Jinja program that turns a conversation into the text the model was trained on.</summary>
/// <remarks>
/// The language is Jinja2 3.1 as <c>transformers</c> sets it up (sandboxed and immutable, <c>trim_blocks</c>, <c>lstrip_blocks</c>, loop
/// controls, <c>{% generation %}</c>), Python's way of printing and computing included. Instances are immutable and may be shared by
/// threads.
/// Source: https://jinja.palletsprojects.com/en/stable/templates/
/// </remarks>
public sealed class ChatTemplate
{
    private readonly TemplateNode _root;
    private readonly ChatTemplateLimits _limits;

    private ChatTemplate(string source, TemplateNode root, ChatTemplateLimits limits)
    {
        Source = source;
        _root = root;
        _limits = limits;
    }

    /// <summary>The text the template was parsed from.</summary>
    public string Source { get; }

    /// <summary>Reads a template.</summary>
    /// <param name="source">The template's text, as the model's files hold it.</param>
    /// <param name="limits">How much a rendering may use; <see cref="ChatTemplateLimits.Default"/> where null.</param>
    /// <exception cref="ChatTemplateException">
    /// The source is not a template (<see cref="ChatTemplateErrorKind.Syntax"/>) or is too long.
    /// </exception>
    public static ChatTemplate Parse(string source, ChatTemplateLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        limits ??= ChatTemplateLimits.Default;
        if (source.Length > limits.MaxSourceLength)
        {
            throw ChatTemplateException.Limit($"the template has {source.Length} characters; at most {limits.MaxSourceLength} are read");
        }

        try
        {
            return new ChatTemplate(source, new Parser(source).ParseTemplate(), limits);
        }
        catch (InsufficientExecutionStackException)
        {
            throw ChatTemplateException.Limit("the template nests its expressions or blocks too deeply");
        }
    }

    /// <summary>Renders a conversation.</summary>
    /// <exception cref="ChatTemplateException">The template refuses the conversation, fails, or exceeds its limits.</exception>
    public string Render(ChatTemplateInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (input.ContinueFinalMessage && input.AddGenerationPrompt)
        {
            throw ChatTemplateException.Continuation(
                "a final message cannot be continued with a generation prompt behind it: set only one of the two options");
        }

        DictValue variables = TemplateVariables.From(input);
        if (!input.ContinueFinalMessage)
        {
            return Render(variables, input.Clock);
        }

        FinalMessage final = FinalMessage.Mark(variables);
        return final.Cut(Render(variables, input.Clock));
    }

    /// <summary>Renders with nothing but the given variables, as any Jinja template.</summary>
    /// <param name="variables">The template's variables by name.</param>
    /// <param name="clock">The clock that <c>strftime_now</c> reads.</param>
    /// <exception cref="ChatTemplateException">The template fails or exceeds its limits.</exception>
    public string Render(IReadOnlyDictionary<string, JsonElement> variables, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(variables);
        ArgumentNullException.ThrowIfNull(clock);
        var values = new DictValue();
        foreach ((string name, JsonElement value) in variables)
        {
            values.Set(name, JsonValues.Read(value));
        }

        return Render(values, clock);
    }

    private string Render(DictValue variables, TimeProvider clock)
    {
        using RenderBudget budget = RenderBudget.Begin(_limits);
        var context = new RenderContext(_limits, clock);
        try
        {
            return _root.Render(context, variables);
        }
        catch (ChatTemplateException error)
        {
            error.Line = error.Line == 0 ? context.Line : error.Line;
            throw;
        }
        catch (InsufficientExecutionStackException)
        {
            throw new ChatTemplateException(
                ChatTemplateErrorKind.Limit, "the template recurses or nests its values too deeply", context.Line);
        }
    }
}
