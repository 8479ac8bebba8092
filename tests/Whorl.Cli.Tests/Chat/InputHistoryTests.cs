using Whorl.Cli.Chat.Editing;

namespace Whorl.Cli.Tests.Chat;

/// <summary>What was sent, from one chat to the next.</summary>
public sealed class InputHistoryTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("whorl-history-").FullName;

    private string FileName => Path.Combine(_folder, "state", "history");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Messages_are_there_the_next_time_lines_and_all()
    {
        InputHistory history = InputHistory.Load(FileName);
        history.Add("one");
        history.Add("two\nlines, \"quoted\" 日本");
        history.Add("two\nlines, \"quoted\" 日本");
        Assert.Equal(["one", "two\nlines, \"quoted\" 日本"], InputHistory.Load(FileName).Entries);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(FileName));
        }
    }

    [Fact]
    public void A_file_never_grows_beyond_what_is_kept()
    {
        InputHistory history = InputHistory.Load(FileName);
        for (int i = 0; i < (3 * InputHistory.MaxEntries); i++)
        {
            history.Add($"message {i}");
        }

        Assert.Equal(InputHistory.MaxEntries, history.Entries.Count);
        Assert.Equal(history.Entries, InputHistory.Load(FileName).Entries);
        Assert.Equal(InputHistory.MaxEntries, File.ReadLines(FileName).Count());
    }

    [Fact]
    public void Lines_that_are_no_messages_are_passed_over()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(FileName)!);
        File.WriteAllText(FileName, "\"good\"\nno JSON\n{}\n\n\"cut");
        Assert.Equal(["good"], InputHistory.Load(FileName).Entries);
    }

    [Fact]
    public void A_file_that_cannot_be_written_is_told_and_the_chat_remembers_all_the_same()
    {
        File.WriteAllText(Path.Combine(_folder, "state"), ""); // where a folder would have to be
        InputHistory history = InputHistory.Load(FileName);
        history.Add("one");
        history.Add("two");
        Assert.Equal(["one", "two"], history.Entries);
        Assert.NotNull(history.Failure);
    }
}
