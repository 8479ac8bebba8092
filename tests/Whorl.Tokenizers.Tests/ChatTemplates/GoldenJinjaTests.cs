using System.Text.Json;
using Whorl.Testing;
using Whorl.Tokenizers.ChatTemplates;

namespace Whorl.Tokenizers.Tests.ChatTemplates;

public sealed class GoldenJinjaTests
{
    private static readonly FixedClock Clock = new(new DateTime(2024, 7, 6, 3, 7, 2));

    // Python's name for the failure, and ours.
    private static readonly Dictionary<string, ChatTemplateErrorKind[]> Kinds = new()
    {
        ["TemplateError"] = [ChatTemplateErrorKind.Raised],
        ["TemplateSyntaxError"] = [ChatTemplateErrorKind.Syntax],
        ["TemplateAssertionError"] = [ChatTemplateErrorKind.Syntax],
        ["SyntaxError"] = [ChatTemplateErrorKind.Syntax],
        ["UndefinedError"] = [ChatTemplateErrorKind.Undefined],
        ["SecurityError"] = [ChatTemplateErrorKind.Security],
        ["RecursionError"] = [ChatTemplateErrorKind.Limit],
        ["TypeError"] = [ChatTemplateErrorKind.Type, ChatTemplateErrorKind.Runtime],
    };

    [ReferenceFact]
    public void Every_small_template_renders_as_Jinja2_does()
    {
        Dictionary<string, JsonElement> variables = GoldenLines.Of("jinja.jsonl").First()
            .GetProperty("variables").EnumerateObject().ToDictionary(property => property.Name, property => property.Value);
        var failures = new List<string>();
        int count = 0;
        foreach (JsonElement line in GoldenLines.Of("jinja.jsonl").Skip(1))
        {
            count++;
            if (Difference(line, variables) is { } difference)
            {
                failures.Add($"{line.Text("group")}: {line.Text("template")}\n  {difference}");
            }
        }

        Assert.True(count > 500, $"only {count} lines");
        Assert.True(failures.Count == 0, $"{failures.Count} of {count} differ:\n" + string.Join('\n', failures.Take(60)));
    }

    private static string? Difference(JsonElement line, Dictionary<string, JsonElement> variables)
    {
        string? expected = line.Text("rendered");
        try
        {
            string rendered = ChatTemplate.Parse(line.Text("template")!).Render(variables, Clock);
            return rendered == expected ? null : $"expected {expected ?? "error " + line.Text("error")}, got {rendered}";
        }
        catch (ChatTemplateException error) when (expected is null)
        {
            bool fits = !Kinds.TryGetValue(line.Text("error_type")!, out ChatTemplateErrorKind[]? kinds) || kinds.Contains(error.Kind);
            return fits ? null : $"expected {line.Text("error_type")} {line.Text("error")}, got {error.Kind} {error.Message}";
        }
        catch (ChatTemplateException error)
        {
            return $"expected {expected}, got {error.Kind}: {error.Message}";
        }
    }
}
