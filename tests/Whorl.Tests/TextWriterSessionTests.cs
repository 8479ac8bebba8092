using Whorl.Generation;

namespace Whorl.Tests;

/// <summary>A session that is kept from one text to the next.</summary>
public sealed class TextWriterSessionTests
{
    private const int MaxLength = 256;
    private static readonly ModelText Text = BardText.Load();
    private static readonly TextOptions Options = new() { Seed = 7, MaxTokens = 20, Temperature = 0.8f, IgnoreEndTokens = true };
    private readonly HashModel _model = new();

    [Fact]
    public async Task What_a_session_holds_of_a_text_is_not_computed_again()
    {
        await using TextWriterSession writer = new(_model, Text, Options);
        TextResult first = await WriteAsync(writer, [5, 6, 7]);
        int[] next = [5, 6, 7, .. first.Ids, 8, 9];
        int before = _model.Computed;
        TextResult second = await WriteAsync(writer, next);
        Assert.Single(_model.Opened);
        Assert.Equal(3 + 19, _model.Computed - before); // the last token of the first text was never computed; nor is that of the second
        Assert.Equal(await FreshAsync(next), second.Ids);
    }

    [Fact]
    public async Task After_a_text_that_was_stopped_the_next_one_is_what_it_would_be_in_a_new_session()
    {
        await using TextWriterSession writer = new(_model, Text, Options);
        using CancellationTokenSource stopping = new();
        int pieces = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writer.WriteAsync(
            [5, 6, 7],
            MaxLength,
            _ =>
            {
                if (++pieces == 4)
                {
                    stopping.Cancel();
                }
            },
            stopping.Token));
        Assert.Equal(await FreshAsync([5, 6, 7, 8]), (await WriteAsync(writer, [5, 6, 7, 8])).Ids);
    }

    [Fact]
    public async Task After_a_session_that_was_lost_the_next_text_is_what_it_would_be_in_a_new_one()
    {
        await using TextWriterSession writer = new(_model, Text, Options);
        _model.OnStep = (held, _) => held == 10 ? throw new IOException("gone") : ValueTask.CompletedTask;
        await Assert.ThrowsAsync<IOException>(() => WriteAsync(writer, [5, 6, 7]));
        _model.OnStep = (_, _) => ValueTask.CompletedTask;
        Assert.Equal(await FreshAsync([5, 6, 7]), (await WriteAsync(writer, [5, 6, 7])).Ids);
        await writer.DisposeAsync();
        Assert.Equal(0, _model.Open);
    }

    [Fact]
    public async Task What_a_text_that_broke_off_had_come_to_is_kept()
    {
        await using TextWriterSession writer = new(_model, Text, Options);
        Assert.Null(writer.Unfinished);
        _model.OnStep = (held, _) => held == 10 ? throw new IOException("gone") : ValueTask.CompletedTask;
        await Assert.ThrowsAsync<IOException>(() => WriteAsync(writer, [5, 6, 7]));
        TextResult soFar = writer.Unfinished!;
        Assert.Equal((await FreshAsync([5, 6, 7])).Take(8), soFar.Ids); // seven were computed, and the eighth chosen
        Assert.NotEqual("", soFar.Text);
        Assert.Equal((7, StopReason.None), (soFar.DecodeSteps, soFar.StopReason));
        _model.OnStep = (_, _) => ValueTask.CompletedTask;
        await WriteAsync(writer, [5, 6, 7]);
        Assert.Null(writer.Unfinished);
    }

    private static async Task<IReadOnlyList<int>> FreshAsync(int[] prompt)
    {
        await using TextWriterSession writer = new(new HashModel(), Text, Options);
        return (await WriteAsync(writer, prompt)).Ids;
    }

    private static Task<TextResult> WriteAsync(TextWriterSession writer, int[] prompt) =>
        writer.WriteAsync(prompt, MaxLength, _ => { }, CancellationToken.None);
}
