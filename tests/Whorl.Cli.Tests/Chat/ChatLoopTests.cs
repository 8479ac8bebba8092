using Whorl.Cli.Chat;
using Whorl.Cli.Chat.Editing;
using Whorl.Tests;

namespace Whorl.Cli.Tests.Chat;

/// <summary>A chat by its keys: what is sent, what is a command, what ends it.</summary>
public sealed class ChatLoopTests : IDisposable
{
    private static readonly ModelText Text = BardText.Load();
    private readonly string _folder = Directory.CreateTempSubdirectory("whorl-chat-").FullName;
    private readonly RecordingOutput _output = new();
    private readonly Conversation _chat;

    public ChatLoopTests() => _chat = new Conversation(
        new ChatSession(new HashModel { Never = [0, 1] }, Text, new TextOptions { Seed = 7, MaxTokens = 4, Context = 512 }), _output);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Messages_are_sent_and_blank_lines_are_nothing()
    {
        await RunAsync("\r  \rHello\r\e[200~two\rlines\e[201~\r\"\"\"\r/not a command\r\"\"\"\r//slash\r/exit\rnever\r");
        Assert.Equal(
            ["Hello", "two\nlines", "/not a command", "/slash"], _chat.Chat.Messages.Where(m => m.Role == "user").Select(m => m.Content));
    }

    [Fact]
    public async Task Ctrl_C_clears_the_line_and_twice_ends_the_chat()
    {
        await RunAsync("gone", Keys.Control('C'), "kept\r", Keys.Control('C'), Keys.Control('C'), "never\r");
        Assert.Equal("kept", _chat.Chat.Messages[0].Content);
        Assert.Equal(2, _chat.Chat.Messages.Count);
    }

    [Fact]
    public async Task A_message_that_is_too_long_is_not_sent_in_part()
    {
        string most = new('x', TextBuffer.MaxLength);
        await RunAsync($"\e[200~{most}y\e[201~\rshort\r");
        Assert.Contains("is not sent", Assert.Single(_output.Notes, n => n.Contains("longer than", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Equal(["short"], _chat.Chat.Messages.Where(m => m.Role == "user").Select(m => m.Content));

        using PlainReader plain = new(new StringReader($"\"\"\"\n{most}\n\"\"\"\n"), TextWriter.Null);
        Assert.True((await plain.ReadAsync(CancellationToken.None)).IsCut);
    }

    [Fact]
    public async Task Ctrl_D_ends_the_chat_where_nothing_is_written()
    {
        await RunAsync("ab", Keys.Of(ConsoleKey.Home), Keys.Control('D'), "\r", Keys.Control('D'), "never\r");
        Assert.Equal(["b"], _chat.Chat.Messages.Where(m => m.Role == "user").Select(m => m.Content));
    }

    [Fact]
    public async Task A_command_that_is_none_says_so_and_what_may_be_meant()
    {
        await RunAsync("/celar\r/set temprature 1\r/set top_p 7\r/save\r");
        Assert.Contains("/clear", _output.Notes[0], StringComparison.Ordinal);
        Assert.Contains("temperature", _output.Notes[1], StringComparison.Ordinal);
        Assert.Contains("above 0 and at most 1", _output.Notes[2], StringComparison.Ordinal);
        Assert.Contains("FILE", _output.Notes[3], StringComparison.Ordinal);
        Assert.Empty(_chat.Chat.Messages);
    }

    [Fact]
    public async Task Options_are_set_and_shown()
    {
        await RunAsync("/set temperature 0\r/set seed 9\r/set stop [\"a\", \"b\"]\r/set max_tokens default\r/set context 256\r/set\r/set seed\r");
        Assert.Equal((0f, 9ul, null, 256), (_chat.Chat.Options.Temperature, _chat.Chat.Options.Seed, _chat.Chat.Options.MaxTokens, _chat.Chat.Context));
        Assert.Equal(["a", "b"], _chat.Chat.Options.StopStrings);
        Assert.Contains("temperature = 0\n", _output.Printed[0], StringComparison.Ordinal);
        Assert.Contains("max_tokens = no limit", _output.Printed[0], StringComparison.Ordinal);
        Assert.Equal("  seed = 9", _output.Printed[1]);
    }

    [Fact]
    public async Task A_conversation_is_saved_and_gone_on_with()
    {
        string file = Path.Combine(_folder, "talk.json");
        await RunAsync($"/system A tavern.\rHello\r/set temperature 0.25\r/save {file}\r/system none\r/set temperature default\r/clear\r/load {file}\r");
        Assert.Equal(("A tavern.", 0.25f, 2), (_chat.Chat.System, _chat.Chat.Options.Temperature, _chat.Chat.Messages.Count));
        Assert.Equal("Hello", _chat.Chat.Messages[0].Content);
        await RunAsync($"/clear\r/save {file}\r"); // a conversation is replaced, anything else is not
        string other = Path.Combine(_folder, "notes.txt");
        await File.WriteAllTextAsync(other, "mine");
        await RunAsync($"/save {other}\r");
        Assert.Equal("mine", await File.ReadAllTextAsync(other));
    }

    [Theory]
    [InlineData("""[{"role": "system", "content": "S"}, {"role": "user", "content": "Q"}]""")]
    [InlineData("""{"model": "x", "system": "S", "messages": [{"role": "user", "name": "n", "content": [{"type": "text", "text": "Q"}]}], "stream": true}""")]
    public async Task What_other_programs_write_is_taken(string json)
    {
        string file = Path.Combine(_folder, "talk.json");
        await File.WriteAllTextAsync(file, json);
        await RunAsync($"/load {file}\r");
        Assert.Equal(("S", "Q"), (_chat.Chat.System, Assert.Single(_chat.Chat.Messages).Content));
    }

    [Theory]
    [InlineData("no JSON", "no JSON")]
    [InlineData("""{"messages": [{"role": 7}]}""", "holds no conversation")]
    [InlineData("""{"messages": [], "options": {"top_p": 7}}""", "top_p")]
    public async Task A_file_that_holds_no_conversation_changes_nothing(string json, string said)
    {
        string file = Path.Combine(_folder, "talk.json");
        await File.WriteAllTextAsync(file, json);
        await RunAsync($"Hello\r/load {file}\r/load {file}.none\r");
        Assert.Equal("Hello", _chat.Chat.Messages[0].Content);
        Assert.Contains(_output.Notes, n => n.Contains(said, StringComparison.Ordinal));
        Assert.Contains("there is no file", _output.Notes[^1], StringComparison.Ordinal);
    }

    private async Task RunAsync(params object[] keys)
    {
        IEnumerable<KeyPress> presses = keys.SelectMany(k => k is KeyPress one ? [one] : Keys.Text((string)k));
        using EditingReader reader = new(
            new QueuedKeys(presses), TextWriter.Null, () => (80, 24), InputHistory.Load(file: null), ChatCommands.Complete);
        await new ChatLoop(_chat, new ChatCommands(_chat, Text, model: null, "bard", _output), reader, _output).RunAsync(CancellationToken.None);
    }

    private sealed class QueuedKeys(IEnumerable<KeyPress> keys) : IKeySource
    {
        private readonly Queue<KeyPress> _keys = new(keys);

        public ValueTask<KeyPress?> ReadAsync(CancellationToken cancellationToken) => ValueTask.FromResult(TryRead(out KeyPress key) ? key : (KeyPress?)null);

        public bool TryRead(out KeyPress key) => _keys.TryDequeue(out key);
    }
}
