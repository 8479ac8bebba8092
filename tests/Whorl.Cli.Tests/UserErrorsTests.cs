using Whorl.Client;
using Whorl.Models;

namespace Whorl.Cli.Tests;

/// <summary>What is told of an error: one clean line in words of ours.</summary>
public sealed class UserErrorsTests
{
    [Fact]
    public void What_came_from_outside_reaches_no_terminal_as_it_is()
    {
        string told = UserErrors.Explain(new IOException("a\u001b]0;title\u0007b\r\n\u001b[2Jc" + new string('x', 60_000)))!;
        Assert.DoesNotContain(told, char.IsControl);
        Assert.True(told.Length <= 1000, $"{told.Length} characters");
    }

    [Fact]
    public void A_server_that_is_gone_is_named_once()
    {
        SessionLostException lost = new("box:5001", BlockRange.Parse("0..5"), new IOException("box:5001 sent nothing"));
        Assert.Equal("server box:5001, which computed blocks 0..5, is gone: it sent nothing", UserErrors.Explain(lost));
    }

    [Fact]
    public void A_missing_file_or_folder_is_told_in_words_of_ours()
    {
        string folder = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()), file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        Assert.Equal($"there is no file '{file}'", UserErrors.Explain(Record.Exception(() => File.ReadAllBytes(file))!));
        Assert.StartsWith($"there is no folder for '{folder}", UserErrors.Explain(Record.Exception(() => File.ReadAllBytes(Path.Combine(folder, "x")))!), StringComparison.Ordinal);
    }

    [Fact]
    public void A_fault_of_the_program_is_not_hidden() => Assert.Null(UserErrors.Explain(new InvalidOperationException("x")));
}
