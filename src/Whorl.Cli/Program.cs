using Whorl.Cli;

return await WhorlCommand.RunAsync(args);
