namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>The last message's text, marked so that the rendering can be cut right behind it.</summary>
/// <remarks>Source: <c>render_jinja_template</c> in transformers' chat_template_utils.py.</remarks>
internal sealed class FinalMessage
{
    // Ends in a space: whether that space survives tells whether the template trims the text.
    private const string Tag = "CONTINUE_FINAL_MESSAGE_TAG ";
    private readonly string _text;

    private FinalMessage(string text) => _text = text;

    /// <summary>Appends the mark to the last message's text in <paramref name="variables"/>.</summary>
    public static FinalMessage Mark(DictValue variables)
    {
        if (variables.Find("messages") is not ListValue { Items: [.., DictValue last] })
        {
            throw ChatTemplateException.Continuation("there is no final message to continue");
        }

        switch (last.Find("content"))
        {
            case StrValue content:
                last.Set("content", new StrValue(content.Text + Tag));
                return new FinalMessage(content.Text);
            case ListValue parts:
                foreach (Value part in parts.Items.Reverse())
                {
                    if (part is DictValue fields && fields.Find("text") is StrValue text)
                    {
                        fields.Set("text", new StrValue(text.Text + Tag));
                        return new FinalMessage(text.Text);
                    }
                }

                break;
            default:
                break;
        }

        throw ChatTemplateException.Continuation("the final message has no text to continue");
    }

    /// <summary>The rendering up to the end of the text; white space that the template trimmed from the text is trimmed here too.</summary>
    public string Cut(string rendered)
    {
        string tag = Tag.TrimEnd();
        int at = rendered.LastIndexOf(tag, StringComparison.Ordinal);
        if (at < 0 || !rendered.Contains(PythonText.Strip(_text), StringComparison.Ordinal))
        {
            throw ChatTemplateException.Continuation(
                "the final message does not appear in the rendered chat, so it cannot be continued: the template drops or changes it");
        }

        bool spaceKept = rendered.AsSpan(at).StartsWith(Tag, StringComparison.Ordinal);
        return spaceKept ? rendered[..at] : PythonText.StripEnd(rendered[..at]);
    }
}
