using System.Text.Json;
using Whorl.Testing;

namespace Whorl.Tokenizers.Tests.ChatTemplates;

public sealed class JinjaCasesTests
{
    [Fact]
    public void Every_small_template_of_the_reference_data_renders_as_Jinja2_does() =>
        JinjaCases.AllRenderAsExpected(GoldenLines.Of("jinja.jsonl"), atLeast: 500);

    [Fact]
    public void Every_small_template_beside_these_tests_renders_as_Jinja2_does()
    {
        string path = Path.Combine(
            ReferenceData.Checkout, "tests", "Whorl.Tokenizers.Tests", "ChatTemplates", "Cases", "jinja-cases.jsonl");
        JinjaCases.AllRenderAsExpected(File.ReadLines(path).Select(line => JsonElement.Parse(line)), atLeast: 350);
    }
}
