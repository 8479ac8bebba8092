using System.Text.Json;
using Whorl.Tokenizers.ChatTemplates;

namespace Whorl.Tokenizers.Tests.ChatTemplates;

public sealed class ChatTemplateTests
{
    private const string Plain =
        "{% for m in messages %}[{{ m.role }}]{{ m.content }}{{ eos_token }}\n{% endfor %}"
        + "{% if add_generation_prompt %}[assistant]{% endif %}";

    [Fact]
    public void A_conversation_is_rendered_with_its_tokens_and_prompt()
    {
        string text = ChatTemplate.Parse(Plain).Render(Input("""[{"role":"user","content":"hi"}]""") with
        {
            AddGenerationPrompt = true,
            EosToken = "</s>",
        });
        Assert.Equal("[user]hi</s>\n[assistant]", text);
    }

    [Fact]
    public void A_token_that_is_not_given_is_undefined() =>
        Assert.Equal("False", ChatTemplate.Parse("{{ bos_token is defined }}").Render(Input("[]")));

    [Fact]
    public void Absent_tools_and_documents_are_null_and_not_undefined() =>
        Assert.Equal("True True", ChatTemplate.Parse("{{ tools is none }} {{ documents is none }}").Render(Input("[]")));

    [Fact]
    public void Variables_win_over_what_the_input_sets() => Assert.Equal("x", ChatTemplate.Parse("{{ eos_token }}").Render(Input("[]") with
    {
        EosToken = "</s>",
        Variables = new Dictionary<string, JsonElement> { ["eos_token"] = JsonElement.Parse("\"x\"") },
    }));

    [Fact]
    public void Reasoning_is_readable_under_its_older_name() => Assert.Equal(
        "because",
        ChatTemplate.Parse("{{ messages[0].thinking }}").Render(Input("""[{"role":"assistant","reasoning_content":"because"}]""")));

    [Fact]
    public void A_raised_message_is_kept_exactly_and_the_line_is_told()
    {
        ChatTemplate template = ChatTemplate.Parse("a\nb\n{{ raise_exception('No: \"' ~ messages[0].role ~ '\"') }}");
        ChatTemplateException error = Assert.Throws<ChatTemplateException>(() => template.Render(Input("""[{"role":"x"}]""")));
        Assert.Equal(ChatTemplateErrorKind.Raised, error.Kind);
        Assert.Equal("No: \"x\"", error.Message);
        Assert.Equal(3, error.Line);
    }

    [Theory]
    [InlineData("a\n{{ 1 + }}", 2)]
    [InlineData("{% if x %}\n\n{% endfor %}", 3)]
    [InlineData("a\n\n{{ 'x' | nofilter }}", 3)]
    public void A_syntax_error_tells_its_line(string source, int line)
    {
        ChatTemplateException error = Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse(source));
        Assert.Equal(ChatTemplateErrorKind.Syntax, error.Kind);
        Assert.Equal(line, error.Line);
    }

    [Fact]
    public void A_continued_message_ends_the_text_with_its_white_space() => Assert.Equal(
        "[user]hi\n[assistant]so then ",
        ChatTemplate.Parse(Plain).Render(Continued("so then ")));

    [Fact]
    public void A_continued_message_that_the_template_trims_ends_trimmed() => Assert.Equal(
        "[assistant]so then",
        ChatTemplate.Parse("[assistant]{{ messages[-1].content | trim }}<end>").Render(Continued("  so then \n")));

    [Fact]
    public void A_continued_message_in_parts_ends_behind_its_last_text() => Assert.Equal(
        "ab",
        ChatTemplate.Parse("{% for p in messages[0].content %}{{ p.text }}{% endfor %}!").Render(Input(
            """[{"role":"assistant","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}]""") with
        { ContinueFinalMessage = true }));

    [Theory]
    [InlineData("[]", "x")]
    [InlineData("""[{"role":"user","content":null}]""", "x")]
    [InlineData("""[{"role":"user","content":"lost"}]""", "x")]
    public void A_message_that_cannot_be_continued_is_an_error(string messages, string source)
    {
        ChatTemplateException error = Assert.Throws<ChatTemplateException>(
            () => ChatTemplate.Parse(source).Render(Input(messages) with { ContinueFinalMessage = true }));
        Assert.Equal(ChatTemplateErrorKind.Continuation, error.Kind);
    }

    [Fact]
    public void Continuing_and_prompting_at_once_is_refused() => Assert.Throws<ChatTemplateException>(
        () => ChatTemplate.Parse(Plain).Render(Continued("x") with { AddGenerationPrompt = true }));

    [Fact]
    public void Messages_that_are_no_array_are_refused() => Assert.Throws<ChatTemplateException>(
        () => ChatTemplate.Parse(Plain).Render(Input("{}")));

    [Fact]
    public void A_template_renders_the_same_twice_and_from_many_threads()
    {
        ChatTemplate template = ChatTemplate.Parse(
            "{% set ns = namespace(n=0) %}{% for m in messages %}{% set ns.n = ns.n + 1 %}{{ ns.n }}{{ m.content }}{% endfor %}");
        ChatTemplateInput input = Input("""[{"role":"user","content":"a"},{"role":"user","content":"b"}]""");
        string[] texts = [.. Enumerable.Range(0, 64).AsParallel().Select(_ => template.Render(input))];
        Assert.All(texts, text => Assert.Equal("1a2b", text));
    }

    private static ChatTemplateInput Input(string messages) => new() { Messages = JsonElement.Parse(messages) };

    private static ChatTemplateInput Continued(string last) => Input(
        $$"""[{"role":"user","content":"hi"},{"role":"assistant","content":{{JsonSerializer.Serialize(last)}}}]""") with
    { ContinueFinalMessage = true };
}
