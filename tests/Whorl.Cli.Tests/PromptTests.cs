using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Whorl.Cli.Engine;
using Whorl.Tokenizers;

namespace Whorl.Cli.Tests;

/// <summary>Where a prompt comes from, and whether it is answered or continued.</summary>
public sealed class PromptTests : IDisposable
{
    private static readonly Dictionary<string, string> Environment = [];
    private static readonly string Bard = Path.Combine(AppContext.BaseDirectory, "models", "bard");
    private static readonly string[] Short = ["-n", "1", "--temperature", "0", "--json"];

    private readonly string _folder = Directory.CreateTempSubdirectory("whorl-prompt-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("First line.\n\n\n  Second, after two empty ones.\n")]
    [InlineData("\nSay hi.\n")]
    [InlineData("no line end")]
    public async Task Standard_input_is_one_prompt_whatever_lines_it_has(string text)
    {
        JsonElement json = (await WhorlProcess.RunWithInputAsync(Environment, text, ["run", "bard", .. Short])).Json();
        Assert.Equal(Encode(text), Ids(json));
        Assert.False(json.GetProperty("template").GetBoolean());
    }

    [Fact]
    public async Task A_prompt_is_its_words_then_files_then_standard_input()
    {
        string file = Path.Combine(_folder, "letter.txt");
        await File.WriteAllBytesAsync(file, [0xEF, 0xBB, 0xBF, .. "Dear sir,\n"u8]);
        string[] arguments = ["run", "bard", "Read", "this:", "-f", file, .. Short];
        Assert.Equal(
            Encode("Read this:\n\nDear sir,\n\nthe end\n"), Ids((await WhorlProcess.RunWithInputAsync(Environment, "the end\n", arguments)).Json()));
        Assert.Equal(Encode("Read this:\n\nDear sir,\n"), Ids((await WhorlProcess.RunAsync(Environment, arguments)).Json()));
        Assert.Equal(Encode("here"), Ids((await WhorlProcess.RunWithInputAsync(Environment, "here", ["run", "bard", "-", .. Short])).Json()));
    }

    [Fact]
    public async Task A_standard_input_that_stays_silent_is_told_of_and_not_waited_for()
    {
        ProgramResult result = await WhorlProcess.RunWithSilentInputAsync(Environment, ["run", "bard", "HAMLET.", .. Short]);
        Assert.Equal(Encode("HAMLET."), Ids(result.Json()));
        Assert.Contains("nothing came on standard input", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("there is no prompt", "run", "bard")]
    [InlineData("--json needs a prompt", "run", "bard", "--json")]
    [InlineData("the prompt is empty", "run", "bard", "-")]
    [InlineData("there is no file 'none.txt'", "run", "bard", "-f", "none.txt")]
    [InlineData("there is no file 'none.txt'", "perplexity", "bard", "none.txt")]
    [InlineData("is a folder", "run", "bard", "x", "-f", ".")]
    [InlineData("--raw leaves out the chat template, which --system needs", "run", "bard", "x", "--raw", "--system", "y")]
    [InlineData("leave out --file", "run", "bard", "--prompt-ids", "1", "-f", "x")]
    public async Task What_is_no_prompt_is_refused(string words, params string[] arguments) =>
        (await WhorlProcess.RunAsync(Environment, arguments)).AssertRefused(words);

    [Fact]
    public async Task A_model_with_a_chat_template_answers_unless_its_text_is_to_go_on()
    {
        foreach (string path in Directory.GetFiles(Bard))
        {
            File.Copy(path, Path.Combine(_folder, Path.GetFileName(path)));
        }

        string config = Path.Combine(_folder, "tokenizer_config.json");
        JsonNode json = JsonNode.Parse(await File.ReadAllTextAsync(config))!;
        json["chat_template"] = "{% for m in messages %}{{ m['role'] + ': ' + m['content'] + '\n' }}{% endfor %}ASSISTANT:";
        await File.WriteAllTextAsync(config, json.ToJsonString());

        await AssertIsAsync("user: Who?\nASSISTANT:", template: true);
        await AssertIsAsync("user: Who?\nASSISTANT:", template: true, "--chat");
        await AssertIsAsync("system: Be brief.\nuser: Who?\nASSISTANT:", template: true, "--system", "Be brief.");
        await AssertIsAsync("Who?", template: false, "--raw");

        json.AsObject().Remove("chat_template");
        await File.WriteAllTextAsync(config, json.ToJsonString());
        await AssertIsAsync("Who?", template: false);
        (await WhorlProcess.RunAsync(Environment, "run", _folder, "Who?", "--chat")).AssertRefused("no chat template");
    }

    [Fact]
    public void What_is_no_utf8_is_told_with_the_byte_and_its_place()
    {
        CliException e = Assert.Throws<CliException>(() => InputText.Decode([.. "Caf"u8, 0xE9, .. " au lait"u8], "menu.txt"));
        Assert.Contains("menu.txt is not UTF-8: there is a byte 0xE9 at offset 3", e.Message, StringComparison.Ordinal);
        Assert.Contains("UTF-16", Assert.Throws<CliException>(() => InputText.Decode(Encoding.Unicode.GetPreamble(), "x")).Message, StringComparison.Ordinal);
    }

    private async Task AssertIsAsync(string text, bool template, params string[] more)
    {
        JsonElement json = (await WhorlProcess.RunAsync(Environment, ["run", _folder, "Who?", .. more, .. Short])).Json();
        Assert.Equal(Encode(text), Ids(json));
        Assert.Equal(template, json.GetProperty("template").GetBoolean());
    }

    private static int[] Encode(string text) => Tokenizer.FromFolder(Bard).Encode(text);

    private static int[] Ids(JsonElement json) => [.. json.GetProperty("prompt_ids").EnumerateArray().Select(id => id.GetInt32())];
}
