using System.Text.Json;
using Whorl.Tokenizers.ChatTemplates;

namespace Whorl.Tokenizers.Tests.ChatTemplates;

public sealed class HostileTemplateTests
{
    private static readonly Dictionary<string, JsonElement> NoVariables = [];
    private static readonly ChatTemplateLimits Small = new() { MaxSteps = 200_000, MaxLength = 100_000 };

    [Theory]
    [InlineData("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}")]
    [InlineData("{% macro f(x) %}{% for y in [1] %}{% if true %}{{ f([x]) | upper }}{% endif %}{% endfor %}{% endmacro %}{{ f(1) }}")]
    [InlineData("{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}")]
    [InlineData("{% macro f() %}{% call f() %}x{% endcall %}{{ caller() }}{% endmacro %}{{ f() }}")]
    [InlineData("{% set ns = namespace() %}{% set ns.me = ns %}{{ ns }}")]
    [InlineData("{% set ns = namespace(x=[]) %}{% for i in range(50000) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x }}")]
    [InlineData("{% set ns = namespace(x=[]) %}{% for i in range(50000) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x | tojson }}")]
    [InlineData(
        "{% set n = namespace(x=[], y=[]) %}{% for i in range(50000) %}{% set n.x = [n.x] %}{% set n.y = [n.y] %}{% endfor %}{{ n.x < n.y }}")]
    public void Recursion_without_end_is_an_error_and_not_a_stack_overflow(string source) =>
        FailsByLimit(source, ChatTemplateLimits.Default);

    [Theory]
    [InlineData("{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}")]
    [InlineData("{% for a in range(1000) %}{{ range(100000) | list | sort | length }}{% endfor %}")]
    [InlineData("{% for a in range(1000) %}{{ range(100000) | sum }}{% endfor %}")]
    [InlineData("{% for a in range(1000) %}{{ -1 in range(100000) }}{% endfor %}")]
    [InlineData("{% set ns = namespace(x=[]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x == [] ~ ns.x }}")]
    [InlineData(
        "{% set n = namespace(x=[], y=[]) %}"
        + "{% for i in range(60) %}{% set n.x = [n.x, n.x] %}{% set n.y = [n.y, n.y] %}{% endfor %}{{ n.x == n.y }}")]
    [InlineData("{% set ns = namespace(x=(1,)) %}{% for i in range(60) %}{% set ns.x = (ns.x, ns.x) %}{% endfor %}{{ {ns.x: 1} }}")]
    public void Work_without_end_is_an_error(string source) => FailsByLimit(source, Small);

    [Theory]
    [InlineData("{{ 'a' * 1000000000 }}")]
    [InlineData("{{ [0] * 1000000000 }}")]
    [InlineData("{{ 'a' * 10 ** 30 }}")]
    [InlineData("{{ 'a' | center(1000000000) }}")]
    [InlineData("{{ 'a'.ljust(1000000000) }}{{ 'a'.zfill(99999999999999999999) }}")]
    [InlineData("{{ '%999999999d' % 1 }}")]
    [InlineData("{{ '%.999999999f' % 1 }}")]
    [InlineData("{{ '{:999999999}'.format(1) }}")]
    [InlineData("{{ '{:.999999999f}'.format(1.0) }}")]
    [InlineData("{{ ('a' * 9999).replace('a', 'b' * 9999) }}")]
    [InlineData("{{ ('b' * 9999).join('a' * 9999) }}")]
    [InlineData("{{ ('x\\n' * 9999) | indent(9999) }}")]
    [InlineData("{{ 'a\\tb'.expandtabs(999999999) }}")]
    [InlineData("{{ [1] | tojson(indent=999999999) }}")]
    [InlineData("{{ [1] | batch(999999999, 0) | list }}")]
    [InlineData("{{ 10 ** 1000000000 }}")]
    [InlineData("{% set ns = namespace(x=7) %}{% for i in range(100) %}{% set ns.x = ns.x * ns.x %}{% endfor %}{{ ns.x }}")]
    [InlineData("{% set ns = namespace(x='ab') %}{% for i in range(100) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}{{ ns.x }}")]
    [InlineData("{% set ns = namespace(x=[1]) %}{% for i in range(100) %}{% set ns.x = ns.x + ns.x %}{% endfor %}{{ ns.x }}")]
    [InlineData("{% for i in range(100000) %}aaaaaaaaaaaaaaaaaaaa{% endfor %}")]
    [InlineData("{% set x %}{% for i in range(100000) %}aaaaaaaaaaaaaaaaaaaa{% endfor %}{% endset %}")]
    public void Growth_without_end_is_an_error(string source) => FailsByLimit(source, Small);

    [Fact]
    public void Nesting_without_end_in_the_source_is_an_error()
    {
        string[] sources =
        [
            "{{ " + new string('(', 100_000) + "1" + new string(')', 100_000) + " }}",
            "{{ " + new string('[', 100_000) + new string(']', 100_000) + " }}",
            "{{ " + string.Concat(Enumerable.Repeat("-", 100_000)) + "1 }}",
            "{{ " + string.Concat(Enumerable.Repeat("not ", 100_000)) + "1 }}",
            "{{ " + string.Concat(Enumerable.Repeat("1 if ", 100_000)) + "1 }}",
            "{{ " + string.Concat(Enumerable.Repeat("a(", 100_000)) + " }}",
            "{{ 1" + string.Concat(Enumerable.Repeat(" + 1", 300_000)) + " }}",
            "{{ x" + string.Concat(Enumerable.Repeat(".x", 300_000)) + " }}",
            string.Concat(Enumerable.Repeat("{% if true %}", 100_000)),
            string.Concat(Enumerable.Repeat("{% set x %}", 100_000)),
        ];
        foreach (string source in sources)
        {
            Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse(source).Render(NoVariables, TimeProvider.System));
        }
    }

    [Fact]
    public void Source_beyond_the_limit_is_refused() => Assert.Equal(
        ChatTemplateErrorKind.Limit,
        Assert.Throws<ChatTemplateException>(
            () => ChatTemplate.Parse(new string('a', 11), new ChatTemplateLimits { MaxSourceLength = 10 })).Kind);

    [Fact]
    public void Any_text_is_a_template_or_a_template_exception()
    {
        string[] pieces =
        [
            "{{", "}}", "{%", "%}", "{#", "#}", "-", "+", " ", "\n", "if", "for", "in", "x", "endif", "endfor", "set", "=", "'", "\"",
            "(", ")", "[", "]", "{", "}", "|", "upper", ".", ",", ":", "1", "0x", "1.5e", "\\", "macro", "call", "is", "not", "else", "raw", "endraw",
            "loop", "~", "%", "**", "é", "😀", "\ud800", "\0", "namespace", "recursive", "range", "format", "'%s'", "'{}'", "none", "true",
        ];
        var random = new Random(20260);
        for (int i = 0; i < 20_000; i++)
        {
            string source = string.Concat(Enumerable.Range(0, random.Next(1, 25)).Select(_ => pieces[random.Next(pieces.Length)]));
            try
            {
                ChatTemplate.Parse(source, Small).Render(NoVariables, TimeProvider.System);
            }
            catch (ChatTemplateException error)
            {
                Assert.NotEmpty(error.Message);
            }
        }
    }

    private static void FailsByLimit(string source, ChatTemplateLimits limits)
    {
        ChatTemplate template = ChatTemplate.Parse(source, limits);
        ChatTemplateException error = Assert.Throws<ChatTemplateException>(
            () => template.Render(NoVariables, TimeProvider.System));
        Assert.Equal(ChatTemplateErrorKind.Limit, error.Kind);
    }
}
