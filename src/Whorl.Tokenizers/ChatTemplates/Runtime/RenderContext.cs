namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>The state of one rendering.</summary>
internal sealed class RenderContext(ChatTemplateLimits limits, TimeProvider clock)
{
    private int _depth;

    /// <summary>The line of the template that is being evaluated, for error messages.</summary>
    public int Line { get; set; }

    /// <summary>The clock of <c>strftime_now</c>.</summary>
    public TimeProvider Clock { get; } = clock;

    /// <summary>Whether output is HTML-escaped: only within <c>{% autoescape true %}</c>.</summary>
    public bool AutoEscape { get; set; }

    /// <summary>The longest text that may be rendered, in characters.</summary>
    public int MaxLength => limits.MaxLength;

    /// <summary>The scope of the template's own top level, which blocks see whatever surrounds them.</summary>
    public Scope Root { get; set; } = new(null);

    /// <summary>Renders the body of a macro or a recursive loop: one level deeper, into a text of its own.</summary>
    public Value Capture(Action<OutputBuffer> render)
    {
        if (++_depth > limits.MaxCallDepth)
        {
            throw ChatTemplateException.Limit($"maximum recursion depth exceeded: more than {limits.MaxCallDepth} calls within each other");
        }

        int line = Line;
        var output = new OutputBuffer(limits.MaxLength);
        render(output);
        _depth--;
        Line = line;
        return new StrValue(output.ToString(), AutoEscape);
    }
}
