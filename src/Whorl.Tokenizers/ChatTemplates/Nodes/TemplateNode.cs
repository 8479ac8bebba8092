namespace Whorl.Tokenizers.ChatTemplates;

/// <summary>A whole template.</summary>
internal sealed class TemplateNode(BodyNode body)
{
    public string Render(RenderContext context, DictValue variables)
    {
        var given = new Scope(Globals.Scope);
        foreach ((Value name, Value value) in variables.Entries)
        {
            given.Set(name.Text, value);
        }

        context.Root = body.NewScope(given);
        var output = new OutputBuffer(context.MaxLength);
        body.Render(context, context.Root, output);
        return output.ToString();
    }
}
