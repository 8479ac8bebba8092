// The promise: the text is the same, byte for byte, wherever the blocks are.
// Start servers that together hold all blocks, for instance:
//   whorl serve bard --blocks 0..2 --listen :5001
//   whorl serve bard --blocks 3..5 --listen :5002
// and name them: same-bytes bard "HAMLET." localhost:5001 localhost:5002
using Whorl;

TextOptions options = new() { MaxTokens = 40, Seed = 7 };
await using LanguageModel here = await LanguageModel.LoadAsync(args[0]);
await using LanguageModel there = await LanguageModel.ConnectAsync(args[0], new ConnectOptions { Servers = args[2..] });
TextResult alone = await here.GenerateAsync(args[1], options).ToResultAsync();
TextResult split = await there.GenerateAsync(args[1], options).ToResultAsync();
Console.WriteLine(split.Text);
foreach (var holder in split.Holders)
{
    Console.WriteLine($"blocks {holder.Range} were computed by {holder.Name}");
}

Console.WriteLine(alone.Text == split.Text ? "the same bytes as in one process" : "OTHER BYTES than in one process");
return alone.Text == split.Text ? 0 : 1;
