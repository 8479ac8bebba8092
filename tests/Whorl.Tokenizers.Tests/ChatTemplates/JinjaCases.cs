using System.Text.Json;
using Whorl.Tokenizers.ChatTemplates;

namespace Whorl.Tokenizers.Tests.ChatTemplates;

/// <summary>
/// Runs files of small templates: their first line holds the variables, every other a template and what Jinja2 makes of it.
/// </summary>
internal static class JinjaCases
{
    private static readonly FixedClock Clock = new(new DateTime(2024, 7, 6, 3, 7, 2));

    // Python's name for the failure, and ours. Others (ValueError, KeyError, …) may be of any kind.
    private static readonly Dictionary<string, ChatTemplateErrorKind[]> Kinds = new()
    {
        ["TemplateError"] = [ChatTemplateErrorKind.Raised],
        ["TemplateSyntaxError"] = [ChatTemplateErrorKind.Syntax],
        ["TemplateAssertionError"] = [ChatTemplateErrorKind.Syntax],
        ["SyntaxError"] = [ChatTemplateErrorKind.Syntax],
        ["UndefinedError"] = [ChatTemplateErrorKind.Undefined],
        ["SecurityError"] = [ChatTemplateErrorKind.Security],
        ["RecursionError"] = [ChatTemplateErrorKind.Limit],
    };

    public static void AllRenderAsExpected(IEnumerable<JsonElement> lines, int atLeast)
    {
        Dictionary<string, JsonElement>? variables = null;
        var failures = new List<string>();
        int count = 0;
        foreach (JsonElement line in lines)
        {
            if (variables is null)
            {
                variables = line.GetProperty("variables").EnumerateObject()
                    .ToDictionary(property => property.Name, property => property.Value);
                continue;
            }

            count++;
            if (Difference(line, variables) is { } difference)
            {
                failures.Add($"{line.Text("template")}\n  {difference}");
            }
        }

        Assert.True(count >= atLeast, $"only {count} lines");
        Assert.True(failures.Count == 0, $"{failures.Count} of {count} differ:\n" + string.Join('\n', failures.Take(60)));
    }

    private static string? Difference(JsonElement line, Dictionary<string, JsonElement> variables)
    {
        string? expected = line.Text("rendered");
        try
        {
            string rendered = ChatTemplate.Parse(line.Text("template")!).Render(variables, Clock);
            return rendered == expected ? null : $"expected {expected ?? "error " + line.Text("error")}\n  got      {rendered}";
        }
        catch (ChatTemplateException error) when (expected is null)
        {
            bool fits = !Kinds.TryGetValue(line.Text("error_type")!, out ChatTemplateErrorKind[]? kinds) || kinds.Contains(error.Kind);
            bool sameText = error.Kind != ChatTemplateErrorKind.Raised || error.Message == line.Text("error");
            return fits && sameText ? null : $"expected {line.Text("error_type")} {line.Text("error")}\n  got {error.Kind} {error.Message}";
        }
        catch (ChatTemplateException error)
        {
            return $"expected {expected}\n  got {error.Kind}: {error.Message}";
        }
    }
}
